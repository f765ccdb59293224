// What a page does while the Browser SIG's packages look on. The tests of our instrumentations do the same.
import { logs } from "@opentelemetry/api-logs";
import { ErrorsInstrumentation } from "@opentelemetry/browser-instrumentation/experimental/errors";
import { ConsoleInstrumentation } from "@opentelemetry/browser-instrumentation/experimental/console";
import { NavigationInstrumentation } from "@opentelemetry/browser-instrumentation/experimental/navigation";
import { NavigationTimingInstrumentation } from "@opentelemetry/browser-instrumentation/experimental/navigation-timing";
import { ResourceTimingInstrumentation } from "@opentelemetry/browser-instrumentation/experimental/resource-timing";
import { UserActionInstrumentation } from "@opentelemetry/browser-instrumentation/experimental/user-action";
import { WebVitalsInstrumentation } from "@opentelemetry/browser-instrumentation/experimental/web-vitals";
import { registerInstrumentations } from "@opentelemetry/instrumentation";
import { FetchInstrumentation } from "@opentelemetry/instrumentation-fetch";
import { XMLHttpRequestInstrumentation } from "@opentelemetry/instrumentation-xml-http-request";
import { InMemoryLogRecordExporter, LoggerProvider, SimpleLogRecordProcessor } from "@opentelemetry/sdk-logs";
import { InMemorySpanExporter, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-base";
import { WebTracerProvider } from "@opentelemetry/sdk-trace-web";
const [records, spans] = [new InMemoryLogRecordExporter(), new InMemorySpanExporter()];
const loggerProvider = new LoggerProvider({ processors: [new SimpleLogRecordProcessor({ exporter: records })] });
logs.setGlobalLoggerProvider(loggerProvider);
const tracerProvider = new WebTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] });
tracerProvider.register();
registerInstrumentations({
  loggerProvider,
  tracerProvider,
  instrumentations: [
    new NavigationInstrumentation({ useNavigationApiIfAvailable: true }),
    new NavigationTimingInstrumentation(),
    new ResourceTimingInstrumentation(),
    new UserActionInstrumentation(),
    new WebVitalsInstrumentation(),
    new ErrorsInstrumentation(),
    new ConsoleInstrumentation({ logMethods: ["warn"] }),
    new FetchInstrumentation({ semconvStabilityOptIn: "http" }),
    new XMLHttpRequestInstrumentation({ semconvStabilityOptIn: "http" }),
  ],
});

const wait = (time) => new Promise((resolve) => setTimeout(resolve, time));
await (await fetch("/found")).text();
await (await fetch("/missing")).text();
await new Promise((resolve) => {
  const xhr = new XMLHttpRequest();
  xhr.open("GET", "/found");
  xhr.onloadend = resolve;
  xhr.send();
});
document.getElementById("b").click();
history.pushState(null, "", "#part");
console.warn("careful");
setTimeout(() => {
  throw new RangeError("too far");
});
await wait(1000);
Object.defineProperty(document, "visibilityState", { value: "hidden", configurable: true });
document.dispatchEvent(new Event("visibilitychange", { bubbles: true }));
await wait(100);

const shape = (name, attributes) => [name, Object.keys(attributes).filter((key) => attributes[key] !== undefined).sort()];
const merged = (shapes) => {
  const found = {};
  for (const [name, keys] of shapes) found[name] = [...new Set([...(found[name] ?? []), ...keys])].sort();
  return Object.fromEntries(Object.entries(found).sort());
};
document.querySelector("pre").textContent = JSON.stringify({
  events: merged(records.getFinishedLogRecords().map((one) => shape(one.eventName, one.attributes))),
  spans: merged(
    spans.getFinishedSpans().map((one) => shape(`${one.instrumentationScope?.name ?? one.instrumentationLibrary.name} ${one.name}`, one.attributes)),
  ),
});
