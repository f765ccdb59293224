// The Browser SIG's instrumentations, with those of OpenTelemetry JS where the SIG's are not out.
import { ErrorsInstrumentation } from "@opentelemetry/browser-instrumentation/experimental/errors";
import { NavigationInstrumentation } from "@opentelemetry/browser-instrumentation/experimental/navigation";
import { NavigationTimingInstrumentation } from "@opentelemetry/browser-instrumentation/experimental/navigation-timing";
import { ResourceTimingInstrumentation } from "@opentelemetry/browser-instrumentation/experimental/resource-timing";
import { UserActionInstrumentation } from "@opentelemetry/browser-instrumentation/experimental/user-action";
import { WebVitalsInstrumentation } from "@opentelemetry/browser-instrumentation/experimental/web-vitals";
import { OTLPLogExporter } from "@opentelemetry/exporter-logs-otlp-http";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { registerInstrumentations } from "@opentelemetry/instrumentation";
import { FetchInstrumentation } from "@opentelemetry/instrumentation-fetch";
import { XMLHttpRequestInstrumentation } from "@opentelemetry/instrumentation-xml-http-request";
import { BatchLogRecordProcessor, LoggerProvider } from "@opentelemetry/sdk-logs";
import { BatchSpanProcessor, StackContextManager, WebTracerProvider } from "@opentelemetry/sdk-trace-web";

const KNOWN = {
  errors: ErrorsInstrumentation,
  fetch: FetchInstrumentation,
  navigation: NavigationInstrumentation,
  "navigation-timing": NavigationTimingInstrumentation,
  "resource-timing": ResourceTimingInstrumentation,
  "user-action": UserActionInstrumentation,
  "web-vitals": WebVitalsInstrumentation,
  xhr: XMLHttpRequestInstrumentation,
};

export const features = {};
export const measurements = { install };

export async function load() {}

/** The time that instrumentations alone take, all if none is named, in milliseconds. */
function install({ endpoint, names }) {
  const spans = new BatchSpanProcessor(new OTLPTraceExporter({ url: `${endpoint}/v1/traces` }));
  const records = new BatchLogRecordProcessor({ exporter: new OTLPLogExporter({ url: `${endpoint}/v1/logs` }) });
  const tracerProvider = new WebTracerProvider({ spanProcessors: [spans] });
  tracerProvider.register({ contextManager: new StackContextManager() });
  const loggerProvider = new LoggerProvider({ processors: [records] });
  const begun = performance.now();
  const chosen = Object.keys(KNOWN).filter((name) => !names.length || names.includes(name));
  const instrumentations = chosen.map((name) => new KNOWN[name]());
  registerInstrumentations({ tracerProvider, loggerProvider, instrumentations });
  return performance.now() - begun;
}
