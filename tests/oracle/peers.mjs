// Others that put something around what a page calls, each installed when a test says so; what they saw is told.
import { context, propagation, trace } from "@opentelemetry/api";
import { FetchInstrumentation } from "@opentelemetry/instrumentation-fetch";
import { XMLHttpRequestInstrumentation } from "@opentelemetry/instrumentation-xml-http-request";
import { InMemorySpanExporter, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-base";
import { WebTracerProvider } from "@opentelemetry/sdk-trace-web";
import * as Sentry from "@sentry/browser";

/** The paths of the requests that each has seen. */
export const told = { sentry: [], otel: [] };

const path = (url) => new URL(url, location.href).pathname;
let otel;

export const install = {
  // Loaded where it is named: it patches the realm when it runs.
  zone: () => import("zone.js"),
  sentry: () =>
    Sentry.init({
      dsn: `${location.protocol}//key@${location.host}/1`,
      integrations: [Sentry.browserTracingIntegration()],
      tracesSampleRate: 1,
      tracePropagationTargets: [/.*/],
      // Nothing is sent: whatever reaches the server is the page's, or ours.
      transport: (options) => Sentry.createTransport(options, async () => ({ statusCode: 200 })),
      beforeBreadcrumb: (crumb) => {
        if (["fetch", "xhr"].includes(crumb.category)) told.sentry.push(path(crumb.data.url));
        return crumb;
      },
    }),
  otel: () => {
    const memory = new InMemorySpanExporter();
    const add = memory.export.bind(memory);
    memory.export = (spans, done) => {
      told.otel.push(...spans.map(({ attributes }) => path(attributes["http.url"] ?? attributes["url.full"])));
      add(spans, done);
    };
    const tracerProvider = new WebTracerProvider({ spanProcessors: [new SimpleSpanProcessor(memory)] });
    tracerProvider.register();
    otel = [new FetchInstrumentation(), new XMLHttpRequestInstrumentation()];
    for (const one of otel) {
      one.setTracerProvider(tracerProvider);
      one.enable();
    }
  },
};

/** Takes those off the page that can be. */
export function uninstall() {
  for (const one of otel ?? []) one.disable();
  for (const api of [context, propagation, trace]) api.disable();
}
