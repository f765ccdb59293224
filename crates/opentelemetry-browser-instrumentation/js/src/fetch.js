// fetch: a span for each request, from the call to the headers, or to the end of the body.
import { errorType, httpUrl, quietly, redact, wrap } from "./page.js";

const CONTEXT = ["traceparent", "tracestate", "baggage"];

/** The arguments with these headers added, unless the caller has set one of them. */
function propagated(input, init, pairs) {
  const add = (headers) => {
    const isSet = CONTEXT.some((name) => headers.has(name));
    for (let i = 0; i < pairs.length && !isSet; i += 2) headers.set(pairs[i], pairs[i + 1]);
    return headers;
  };
  const isPlain = init == null || [Object.prototype, null].includes(Object.getPrototypeOf(init));
  if (isPlain && !(input instanceof Request)) return [input, { ...init, headers: add(new Headers(init?.headers)) }];
  // As fetch itself does it: options beside a request would reset its referrer. Its body is handed on as it is.
  const request = new Request(input, init ?? undefined);
  quietly(() => add(request.headers));
  return [request];
}

/** Calls `ended` once, when a response's body was read, was cancelled or broke off: nothing of it is read or kept here. */
function watchBody(response, ended) {
  const body = response.body;
  if (!body) return ended();
  const settles = (promise) => (promise.then(() => ended(), ended), promise);
  const define = (object, name, value) => Object.defineProperty(object, name, { value, configurable: true, writable: true });
  for (const name of ["arrayBuffer", "blob", "bytes", "formData", "json", "text"]) {
    const read = response[name];
    if (!read) continue;
    define(response, name, () => {
      const isTaken = response.bodyUsed || body.locked;
      const promise = read.call(response);
      return isTaken ? promise : settles(promise);
    });
  }
  const { getReader, cancel, pipeTo, pipeThrough, tee } = body;
  define(body, "getReader", (...options) => {
    const reader = getReader.apply(body, options);
    // A reader that is let go of rejects with a TypeError while the stream goes on.
    let released;
    const { releaseLock } = reader;
    define(reader, "releaseLock", () => ((released = true), releaseLock.call(reader)));
    reader.closed.then(
      () => ended(),
      (error) => released || ended(error),
    );
    return reader;
  });
  define(body, "cancel", (reason) => settles(cancel.call(body, reason)));
  define(body, "pipeTo", (...given) => settles(pipeTo.apply(body, given)));
  define(body, "pipeThrough", (pair, options) => {
    if (body.locked || !pair?.readable || pair.writable?.locked !== false) return pipeThrough.call(body, pair, options);
    body.pipeTo(pair.writable, options).catch(() => {});
    return pair.readable;
  });
  define(body, "tee", () => {
    // What becomes of two branches is not known: the headers were the last that was.
    ended();
    return tee.call(body);
  });
  const iterate = async function* ({ preventCancel } = {}) {
    const reader = body.getReader();
    let done;
    try {
      for (;;) {
        const chunk = await reader.read();
        if ((done = chunk.done)) return;
        yield chunk.value;
      }
    } finally {
      if (!done && !preventCancel) await reader.cancel();
      reader.releaseLock();
    }
  };
  define(body, "values", iterate);
  define(body, Symbol.asyncIterator, iterate);
}

/** A `fetch` around another one. `begin` gives a number and headers, or nothing; `end` takes the number. */
export function around(original, begin, end, withBody) {
  // The span of a body that nobody reads is ended when its response is collected, at the time of the headers.
  const tell = ([id, time]) => quietly(() => end(id, 0, undefined, undefined, time));
  const unread = withBody && quietly(() => new FinalizationRegistry(tell));
  return function fetch(input) {
    const init = arguments[1];
    let args = arguments;
    let id, pairs, signal, method;
    quietly(() => {
      if (!args.length) return;
      const isRequest = input instanceof Request;
      const url = httpUrl(isRequest ? input.url : input);
      if (!url) return;
      signal = init?.signal ?? (isRequest ? input.signal : undefined);
      method = init?.method ?? (isRequest ? input.method : "GET");
      [id, ...pairs] = begin(`${method}`, redact(url.href), url.origin, url.hostname, url.port, input, performance.now()) ?? [];
    });
    if (!id) return original.apply(this, args);
    if (pairs?.length) args = quietly(() => propagated(input, init, pairs)) ?? args;
    const failed = (error) =>
      quietly(() => {
        const isAbort = signal?.aborted && errorType(error) != "TimeoutError";
        end(id, 0, isAbort ? undefined : errorType(error));
      });
    let promise;
    try {
      promise = original.apply(this, args);
    } catch (error) {
      failed(error);
      throw error;
    }
    if (typeof promise?.then != "function") {
      quietly(() => end(id, 0));
      return promise;
    }
    return promise.then(
      (response) => {
        quietly(() => {
          if (!withBody || /^head$/i.test(method)) return end(id, response.status, undefined, response);
          end(-id, response.status, undefined, response);
          let open = true;
          const ended = (error) => {
            if (!open) return;
            open = false;
            unread?.unregister(response);
            // A body that is not what the caller took it for was delivered all the same.
            if (error === undefined || errorType(error) == "SyntaxError") quietly(() => end(id, 0));
            else failed(error);
          };
          unread?.register(response, [id, performance.now()], response);
          try {
            watchBody(response, ended);
          } catch {
            ended();
          }
        });
        return response;
      },
      (error) => {
        failed(error);
        throw error;
      },
    );
  };
}

/** Instruments the realm's `fetch`; returns what undoes it. */
export const wrapFetch = (begin, end, withBody) =>
  wrap(globalThis, "fetch", (original) => around(original, begin, end, withBody));

/** One request by the realm's `fetch`, with a span also where that has not been instrumented. */
export const tracedFetch = (request, begin, end) =>
  (begin ? around(globalThis.fetch, begin, end) : globalThis.fetch).call(undefined, request);
