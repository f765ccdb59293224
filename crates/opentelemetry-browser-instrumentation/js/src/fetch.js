// fetch: a span for each request, from the call to the headers, or to the end of the body.
import { errorType, httpUrl, quietly, redact, wrap } from "./page.js";

const CONTEXT = ["traceparent", "tracestate", "baggage"];

/** What a request may be given besides its headers. */
const MEMBERS =
  ["method", "body", "mode", "credentials", "cache", "redirect", "referrer", "referrerPolicy", "integrity", "keepalive", "signal", "priority", "duplex", "window"];

/** Of this realm or of another one. */
const isRequest = (input) => Object.prototype.toString.call(input) == "[object Request]";

/** The arguments with these headers added, unless the caller has set one of them. */
function propagated(input, init, pairs) {
  const add = (headers) => {
    const isSet = CONTEXT.some((name) => headers.has(name));
    for (let i = 0; i < pairs.length && !isSet; i += 2) headers.set(pairs[i], pairs[i + 1]);
    return headers;
  };
  if (isRequest(input)) {
    // As fetch itself does it: options beside a request would reset its referrer. Its body is handed on as it is.
    const request = new Request(input, init ?? undefined);
    quietly(() => add(request.headers));
    return [request];
  }
  // It refuses anything else.
  if (init != null && Object(init) !== init) return;
  const all = { ...init };
  // It reads those, too, that are inherited, hidden, or answered by a proxy.
  for (const name of MEMBERS) {
    const value = init?.[name];
    if (value !== undefined) all[name] = value;
  }
  return [input, { ...all, headers: add(new Headers(init?.headers)) }];
}

/** Calls `ended` once, when a response's body was read, was cancelled or broke off: nothing of it is read or kept here. */
function watchBody(response, ended) {
  const body = response.body;
  if (!body) return ended();
  // What the caller gives up is no error.
  const settles = (promise, signal) => (promise.then(() => ended(), (error) => ended(signal?.aborted ? undefined : error)), promise);
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
  const { getReader, cancel, pipeTo, pipeThrough, tee, values } = body;
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
  // Who has it already goes on: anybody else is refused.
  const unlessTaken = (call, signal) => (body.locked ? call() : settles(call(), signal));
  define(body, "cancel", (reason) => unlessTaken(() => cancel.call(body, reason)));
  define(body, "pipeTo", (...given) => unlessTaken(() => pipeTo.apply(body, given), given[1]?.signal));
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
  if (!values) return;
  const iterate = (options) => {
    const iterator = values.call(body, options);
    const { next, return: leave } = iterator;
    define(iterator, "next", () => {
      const promise = next.call(iterator);
      promise.then(({ done }) => done && ended(), ended);
      return promise;
    });
    define(iterator, "return", (value) => {
      const promise = leave.call(iterator, value);
      return options?.preventCancel ? promise : settles(promise);
    });
    return iterator;
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
    let args = [...arguments];
    let id, pairs, signal, method;
    quietly(() => {
      if (!args.length) return;
      const request = isRequest(input) ? input : undefined;
      // As text, once: what an object says may be another thing each time.
      if (!request) args[0] = `${input}`;
      const url = httpUrl(request ? request.url : args[0]);
      if (!url) return;
      signal = init?.signal ?? request?.signal;
      method = init?.method ?? request?.method ?? "GET";
      [id, ...pairs] = begin(`${method}`, redact(url.href), url.origin, url.hostname, url.port, input, performance.now()) ?? [];
    });
    if (!id) return original.apply(this, args);
    if (pairs?.length) args = quietly(() => propagated(args[0], init, pairs)) ?? args;
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
