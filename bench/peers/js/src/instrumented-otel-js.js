// OpenTelemetry JS with its instrumentations of fetch and of user interactions.
import { context, propagation, trace } from "@opentelemetry/api";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { registerInstrumentations } from "@opentelemetry/instrumentation";
import { FetchInstrumentation } from "@opentelemetry/instrumentation-fetch";
import { UserInteractionInstrumentation } from "@opentelemetry/instrumentation-user-interaction";
import { defaultResource, resourceFromAttributes } from "@opentelemetry/resources";
import { BatchSpanProcessor, StackContextManager, WebTracerProvider } from "@opentelemetry/sdk-trace-web";
import { clicks, fetches, prepare } from "../../../page/instrumented-work.js";

const KNOWN = { fetch: FetchInstrumentation, "user-action": UserInteractionInstrumentation };
const HOUR_MS = 3_600_000;
let exporter, processor, provider, unregister;

export const features = {};
export const measurements = { fetches, clicks };

export async function load() {}

/** The time that it takes, in milliseconds. */
export function start({ endpoint, names }) {
  const begun = performance.now();
  exporter = new OTLPTraceExporter({ url: `${endpoint}/v1/traces` });
  processor = new BatchSpanProcessor(exporter, { scheduledDelayMillis: HOUR_MS });
  provider = new WebTracerProvider({
    resource: defaultResource().merge(resourceFromAttributes({ "service.name": "bench" })),
    spanProcessors: [processor],
  });
  provider.register({ contextManager: new StackContextManager() });
  const instrumentations = names.filter((name) => KNOWN[name]).map((name) => new KNOWN[name]());
  unregister = registerInstrumentations({ tracerProvider: provider, instrumentations });
  const time = performance.now() - begun;
  prepare();
  return time;
}

export async function flush() {
  await processor.forceFlush();
  await exporter.forceFlush();
}

export async function stop() {
  unregister();
  await provider.shutdown();
  for (const api of [context, propagation, trace]) api.disable();
}
