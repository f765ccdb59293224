// What the scripts of all instrumentations share. Nothing in them may throw into the page.

const SECRETS =
  /([?&](?:AWSAccessKeyId|Signature|sig|X-Goog-Signature|X-Amz-(?:Signature|Credential|Security-Token))=)[^&#]*/g;

const MOST_CHARACTERS = 8192;

/** A URL without credentials: the default of the semantic conventions for `url.full`. One that is longer than any server takes is cut. */
export const redact = (url) =>
  url.slice(0, MOST_CHARACTERS).replace(/^([\w+.-]+:\/\/)[^/?#]*@/, "$1REDACTED:REDACTED@").replace(SECRETS, "$1REDACTED");

/** Calls a function; what it throws is nobody's concern. */
export const quietly = (work) => {
  try {
    return work();
  } catch {}
};

/**
 * Starts something that adds what undoes it to a list; returns what undoes all. Where it says false, or where the page throws, what was
 * begun is undone, and there is nothing to return.
 */
export const starting = (start) => {
  const undo = [];
  const stop = () => undo.forEach((one) => quietly(() => one?.()));
  if (quietly(() => start(undo) !== false)) return stop;
  stop();
};

/** What to call an error by: `TypeError`, or the type of what was thrown instead of one. */
export const errorType = (error) =>
  quietly(() => (typeof error?.name == "string" && error.name) || typeof error) || "_OTHER";

/** The origin of this page or worker; a runtime without pages has none. */
export const pageOrigin = () => globalThis.location?.origin;

/** Milliseconds since the time origin. */
export const now = () => quietly(() => performance.now()) ?? 0;

/** Absolute, as `fetch` and `XMLHttpRequest` resolve it; undefined if it is not HTTP. */
export const httpUrl = (url) => {
  const parsed = new URL(url, globalThis.document?.baseURI ?? globalThis.location?.href);
  return /^https?:$/.test(parsed.protocol) ? parsed : undefined;
};

/** Puts a wrapper in a function's place; returns what undoes it, or undefined where it cannot be put. */
export const wrap = (owner, name, make) => {
  const original = quietly(() => owner[name]);
  if (typeof original != "function") return;
  const wrapper = make(original);
  // By this name the exporter finds what it uses for its own requests.
  wrapper.__original = original;
  // Some pages look at these.
  for (const one of ["name", "length"]) quietly(() => Object.defineProperty(wrapper, one, { value: original[one], configurable: true }));
  const own = Object.hasOwn(owner, name);
  quietly(() => (owner[name] = wrapper));
  if (quietly(() => owner[name]) !== wrapper) return;
  return () =>
    quietly(() => {
      // A wrapper around this one stays, and leads through it.
      if (owner[name] !== wrapper) return;
      if (own) owner[name] = original;
      else delete owner[name];
    });
};

/** Does this when the page has nothing else to do, or in a second: a page that paints nothing is never idle for some engines. */
export const whenIdle = (work) => {
  const quiet = () => quietly(work);
  if (globalThis.requestIdleCallback) requestIdleCallback(quiet, { timeout: 1000 });
  else setTimeout(quiet);
};

/** Does this as soon as a visitor sees the page: at once, unless it is rendered before that. */
export const whenSeen = (undo, work) => {
  if (globalThis.document?.prerendering) undo.push(listen(document, "prerenderingchange", work, { once: true }));
  else work();
};

/** Listens; returns what ends that. */
export const listen = (target, kind, listener, options) => {
  const quiet = (event) => quietly(() => listener(event));
  target.addEventListener(kind, quiet, options);
  return () => target.removeEventListener(kind, quiet, options);
};

/** Observes performance entries, those before it included; undefined where the browser has none of this type. */
export const observe = (type, each, options) => {
  if (!globalThis.PerformanceObserver?.supportedEntryTypes?.includes(type)) return;
  const take = (list) => quietly(() => each(list.getEntries()));
  const observer = new PerformanceObserver(take);
  observer.observe({ type, buffered: true, ...options });
  return { flush: () => quietly(() => each(observer.takeRecords())), stop: () => observer.disconnect() };
};

/** What the page's stub has remembered of these events, each once. */
export const early = (...kinds) => {
  const queue = globalThis.__otelEarly;
  if (!Array.isArray(queue)) return [];
  quietly(() => queue.stop?.(kinds));
  const found = queue.filter((event) => kinds.includes(event?.type));
  for (const event of found) queue.splice(queue.indexOf(event), 1);
  return found;
};
