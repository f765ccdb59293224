// OpenTelemetry JS with the settings that the fault matrix gives the library, in the shape that its test drives.
import { SeverityNumber } from "@opentelemetry/api-logs";
import { OTLPLogExporter } from "@opentelemetry/exporter-logs-otlp-http";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { BatchLogRecordProcessor, LoggerProvider } from "@opentelemetry/sdk-logs";
import { BasicTracerProvider, BatchSpanProcessor } from "@opentelemetry/sdk-trace-base";

/** Starts a pipeline for both signals. It does not say what it has lost. */
export function start({ endpoint, headers, batchSize, delayMillis, exportTimeoutMillis }) {
  const to = (path) => ({ url: endpoint + path, headers, timeoutMillis: exportTimeoutMillis });
  const batch = { maxExportBatchSize: batchSize, scheduledDelayMillis: delayMillis };
  const spans = new BasicTracerProvider({ spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter(to("/v1/traces")), batch)] });
  const exporter = new OTLPLogExporter(to("/v1/logs"));
  const logs = new LoggerProvider({ processors: [new BatchLogRecordProcessor({ exporter, ...batch })] });
  const [tracer, logger] = [spans.getTracer("faults"), logs.getLogger("faults")];
  return {
    record(number) {
      tracer.startSpan(`span ${number}`).end();
      logger.emit({ severityNumber: SeverityNumber.INFO, body: number, eventName: `log ${number}` });
    },
    // Each ends when nothing waits any more; what could not be sent has gone then.
    flush: () => Promise.allSettled([spans.forceFlush(), logs.forceFlush()]),
  };
}
