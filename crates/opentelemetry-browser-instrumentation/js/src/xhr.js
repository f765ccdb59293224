// XMLHttpRequest: a span for each, from `send` to `loadend`.
import { errorType, httpUrl, quietly, redact, starting, wrap } from "./page.js";

const CONTEXT = /^(?:traceparent|tracestate|baggage)$/i;

/** By the names of the exceptions that a synchronous request throws. */
const FAILURES = { error: "NetworkError", timeout: "TimeoutError" };

/** Instruments `XMLHttpRequest`; returns what undoes it. */
export const wrapXhr = (begin, end) => starting((undo) => {
  const prototype = globalThis.XMLHttpRequest?.prototype;
  /** What each object was opened for last; with a number, while that is under way. */
  const requests = new WeakMap();
  const finish = (xhr, status) =>
    quietly(() => {
      const request = requests.get(xhr);
      const id = request?.id;
      if (!id) return;
      request.id = 0;
      end(id, status ?? xhr.status, request.failed, xhr);
    });
  function on({ type }) {
    quietly(() => {
      // An object that was opened anew before all is told of the request before: this is not the new one's.
      if (this.readyState % 4) return;
      if (FAILURES[type]) requests.get(this).failed = FAILURES[type];
      // Earlier than what the page does when it has loaded; without a status it is not known yet what went wrong.
      else if (type == "loadend" || this.status) finish(this);
    });
  }
  undo.push(
    wrap(prototype, "open", (open) => function () {
      const args = [...arguments];
      let status = 0;
      quietly(() => {
        // As text, once: what an object says may be another thing each time.
        for (let i = 0; i < 2 && i < args.length; i++) args[i] = `${args[i]}`;
        status = this.status;
      });
      const result = open.apply(this, args);
      quietly(() => {
        if (!requests.has(this)) for (const type of ["readystatechange", "error", "timeout", "loadend"]) this.addEventListener(type, on);
        // What was under way is given up by the browser, without an event.
        finish(this, status);
        requests.set(this, { method: args[0], url: httpUrl(args[1]) });
      });
      return result;
    }),
    wrap(prototype, "setRequestHeader", (set) => function (name) {
      let isSecond;
      quietly(() => {
        if (!CONTEXT.test(name)) return;
        const request = requests.get(this);
        request.hasContext = true;
        // Another instrumentation below this one: a second value would be added to the first, and nobody could read either.
        isSecond = request.isTold && /^trace/i.test(name);
      });
      return isSecond ? undefined : set.apply(this, arguments);
    }),
    wrap(prototype, "send", (send) => function () {
      const request = requests.get(this);
      let mine;
      quietly(() => {
        // The browser refuses to send it twice.
        if (request.id) return;
        const { url } = request;
        const started =
          url &&
          begin(request.method, redact(url.href), url.origin, url.hostname, url.port, this, performance.now());
        if (!started) return;
        mine = request.id = started[0];
        if (request.hasContext) return;
        for (let i = 1; i < started.length; i += 2) this.setRequestHeader(started[i], started[i + 1]);
        request.isTold = started.length > 1;
      });
      try {
        return send.apply(this, arguments);
      } catch (error) {
        if (mine) {
          request.failed = errorType(error);
          finish(this);
        }
        throw error;
      }
    }),
  );
  return undo.every(Boolean);
});
