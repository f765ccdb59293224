// What the two peers share: all but the context manager.
import { context, propagation, trace } from "@opentelemetry/api";
import { setGlobalErrorHandler } from "@opentelemetry/core";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { defaultResource, resourceFromAttributes } from "@opentelemetry/resources";
import { AlwaysOffSampler, BatchSpanProcessor, ParentBasedSampler, WebTracerProvider } from "@opentelemetry/sdk-trace-web";
import { recordTrees } from "./trees.js";

const HOUR_MS = 3_600_000;
const EXPORT_TIMEOUT_MS = 120_000;

export function peer(newContextManager) {
  let exporter, processor, provider, failure;

  // A batch that left by itself, because it was full, reports its failure here and nowhere else.
  setGlobalErrorHandler((error) => (failure ??= error));

  async function start({ endpoint, sampled, maxQueueSize, maxBatchSize }) {
    failure = undefined;
    exporter = new OTLPTraceExporter({
      url: `${endpoint}/v1/traces`,
      timeoutMillis: EXPORT_TIMEOUT_MS,
      // A flush begins all its requests at once, and drops the batches beyond this limit: 30, if it is not set.
      concurrencyLimit: Math.ceil(maxQueueSize / maxBatchSize) + 1,
    });
    processor = new BatchSpanProcessor(exporter, {
      maxQueueSize,
      maxExportBatchSize: maxBatchSize,
      scheduledDelayMillis: HOUR_MS,
      exportTimeoutMillis: EXPORT_TIMEOUT_MS,
    });
    provider = new WebTracerProvider({
      resource: defaultResource().merge(resourceFromAttributes({ "service.name": "bench" })),
      spanProcessors: [processor],
      ...(sampled ? {} : { sampler: new ParentBasedSampler({ root: new AlwaysOffSampler() }) }),
    });
    provider.register({ contextManager: newContextManager() });
  }

  function record(trees) {
    recordTrees(trace.getTracer("bench"), trees);
  }

  async function flush() {
    // The processor flushes what is queued, the exporter waits for what had left before.
    await processor.forceFlush();
    await exporter.forceFlush();
    const error = failure;
    failure = undefined;
    if (error) throw error;
  }

  async function stop() {
    await provider.shutdown();
    trace.disable();
    context.disable();
    propagation.disable();
  }

  return { start, record, flush, stop };
}
