// The page as it was before: OpenTelemetry JS, with its instrumentation of fetch. New are the lines that say so.

import { context, propagation, trace } from "@opentelemetry/api";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { registerInstrumentations } from "@opentelemetry/instrumentation";
import { FetchInstrumentation } from "@opentelemetry/instrumentation-fetch";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { BatchSpanProcessor, WebTracerProvider } from "@opentelemetry/sdk-trace-web";
// New: what wasm-bindgen made of src/lib.rs.
import load, { checkout, flush, start } from "./example_otel_js.js";

const endpoint = document.querySelector("meta[name=otlp-endpoint]").content;
const provider = new WebTracerProvider({
  resource: resourceFromAttributes({ "service.name": "js-part" }),
  spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter({ url: `${endpoint}/v1/traces` }))],
});
provider.register();
registerInstrumentations({ instrumentations: [new FetchInstrumentation()] });

await load();
start(endpoint); // New.

const element = (id) => document.getElementById(id);
element("checkout").addEventListener("click", () => {
  trace.getTracer("page").startActiveSpan("click", async (span) => {
    element("trace").textContent = span.spanContext().traceId;
    // New: the active context goes along as headers.
    const headers = {};
    propagation.inject(context.active(), headers);
    element("answer").textContent = await checkout(headers.traceparent, 3);
    span.end();
  });
});
element("flush").addEventListener("click", async () => {
  await Promise.all([provider.forceFlush(), flush()]);
});
document.documentElement.dataset.ready = "true";
