// Errors that nobody handles, rejections, and what is said on the console.
import { early, listen, quietly, starting, wrap } from "./page.js";

const MOST_CHARACTERS = 10_000;
const MOST_A_SECOND = 100;
const MOST_VALUES = 1000;
const cut = (text) => text?.slice(0, MOST_CHARACTERS);
const text = (value) => quietly(() => (typeof value == "string" ? cut(value) : undefined));
/** A value as text: an object as JSON, unless it has so many values that a page would wait for that. */
const words = (value) => {
  let count = 0;
  const each = (_key, one) => {
    if (++count > MOST_VALUES) throw count;
    return one;
  };
  const json = () => (typeof value == "object" && value !== null ? JSON.stringify(value, each) : undefined);
  return cut(quietly(json) ?? quietly(() => String(value)) ?? "");
};
const field = (error, name) => quietly(() => text(error[name]));

/** `exception.*` of what was thrown, whatever that is. */
function describe(error, message) {
  if (error !== null && typeof error == "object") {
    const name = field(error, "name") ?? quietly(() => error.constructor.name);
    return {
      "exception.type": name || "Object",
      "exception.message": field(error, "message") ?? message ?? (words(error) || undefined),
      "exception.stacktrace": field(error, "stack"),
    };
  }
  if (error == null && !message) return;
  return { "exception.message": error == null ? message : words(error) };
}

/** Watches; `exception(attributes, time)` and `said(attributes, time, severity, body)` take records. */
export const watchErrors = (exception, said, methods) => starting((undo) => {
  // An error that is logged, and thrown on, is one.
  const seen = new WeakSet();
  let isSaying;
  let second = -Infinity;
  let count = 0;
  const record = (error, message, time) =>
    quietly(() => {
      if (error !== null && typeof error == "object") {
        if (seen.has(error)) return;
        seen.add(error);
      }
      const now = performance.now();
      if (now - second >= 1000) [second, count] = [now, 0];
      // A page that fails in a loop has no time for descriptions of it: those beyond are counted.
      if (++count > MOST_A_SECOND) return exception(undefined, time);
      const attributes = describe(error, message);
      if (attributes) exception(attributes, time);
    });
  // Images and scripts that cannot be loaded raise events of this name, too, without a message.
  const onError = (event) => record(event.error, text(event.message), event.timeStamp);
  const onRejection = (event) => record(event.reason, undefined, event.timeStamp);
  for (const event of early("error", "unhandledrejection")) {
    quietly(() => (event.type == "error" ? onError : onRejection)(event));
  }
  undo.push(listen(globalThis, "error", onError), listen(globalThis, "unhandledrejection", onRejection));
  const severity = { debug: 5, info: 9, log: 9, warn: 13, error: 17 };
  for (const method of methods) {
    undo.push(
      wrap(globalThis.console, method, (original) => function () {
        // What is said because of this record is not recorded.
        if (!isSaying) {
          isSaying = true;
          quietly(() => {
            const given = [...arguments];
            const error = given.find((value) => value instanceof Error);
            if (error) record(error, undefined, performance.now());
            // The exporter's own words are about records that it could not send.
            else if (!/^opentelemetry-browser\b/i.test(given[0])) {
              const body = cut(given.map(words).join(" "));
              said({ "browser.console.method": method }, performance.now(), severity[method] ?? 9, body);
            }
          });
          isSaying = false;
        }
        return original.apply(this, arguments);
      }),
    );
  }
});
