// XMLHttpRequest: a span for each, from `send` to `loadend`.
import { errorType, httpUrl, quietly, redact, starting, wrap } from "./page.js";

const CONTEXT = /^(?:traceparent|tracestate|baggage)$/i;

/** Instruments `XMLHttpRequest`; returns what undoes it. */
export const wrapXhr = (begin, end) => starting((undo) => {
  const prototype = globalThis.XMLHttpRequest?.prototype;
  const opened = new WeakMap();
  undo.push(
    wrap(prototype, "open", (open) => function (method, url) {
      quietly(() => opened.set(this, { method: `${method}`, url: `${url}` }));
      return open.apply(this, arguments);
    }),
    wrap(prototype, "setRequestHeader", (set) => function (name) {
      quietly(() => {
        const request = opened.get(this);
        if (request && CONTEXT.test(name)) request.hasContext = true;
      });
      return set.apply(this, arguments);
    }),
    wrap(prototype, "send", (send) => function () {
      const request = opened.get(this);
      let id, failed;
      const finish = () =>
        quietly(() => {
          if (id === undefined) return;
          end(id, this.status, failed, this);
          id = undefined;
        });
      quietly(() => {
        const url = request && httpUrl(request.url);
        const started =
          url &&
          begin(request.method, redact(url.href), url.origin, url.hostname, url.port, this, performance.now());
        if (!started) return;
        id = started[0];
        // By the names of the exceptions that a synchronous request throws.
        for (const [event, type] of [["error", "NetworkError"], ["timeout", "TimeoutError"]]) {
          this.addEventListener(event, () => (failed = type), { once: true });
        }
        // Earlier than what the page does when it has loaded; without a status it is not known yet what went wrong.
        this.addEventListener("readystatechange", () => this.readyState == 4 && this.status && finish());
        this.addEventListener("loadend", finish, { once: true });
        for (let i = 1; i < started.length && !request.hasContext; i += 2) {
          this.setRequestHeader(started[i], started[i + 1]);
        }
      });
      try {
        return send.apply(this, arguments);
      } catch (error) {
        failed = errorType(error);
        finish();
        throw error;
      }
    }),
  );
  return undo.every(Boolean);
});
