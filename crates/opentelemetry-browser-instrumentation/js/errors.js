// Errors that nobody handles, rejections, and what is said on the console.
import { early, listen, quietly, wrap } from "./page.js";

const text = (value) => quietly(() => (typeof value == "string" ? value : undefined));
const field = (error, name) => quietly(() => text(error[name]));

/** `exception.*` of what was thrown, whatever that is. */
function describe(error, message) {
  if (error !== null && typeof error == "object") {
    const name = field(error, "name") ?? quietly(() => error.constructor.name);
    return {
      "exception.type": name || "Object",
      "exception.message": field(error, "message") ?? message ?? quietly(() => JSON.stringify(error)),
      "exception.stacktrace": field(error, "stack"),
    };
  }
  if (error == null && !message) return;
  return { "exception.message": error == null ? message : quietly(() => `${error}`) };
}

const argument = (value) =>
  quietly(() => (typeof value == "object" && value !== null ? JSON.stringify(value) : `${value}`)) ?? "";

/** Watches; `exception(attributes, time)` and `said(attributes, time, severity, body)` take records. */
export function watchErrors(exception, said, methods) {
  // An error that is logged, and thrown on, is one.
  const seen = new WeakSet();
  let isSaying;
  const record = (error, message, time) =>
    quietly(() => {
      if (error !== null && typeof error == "object") {
        if (seen.has(error)) return;
        seen.add(error);
      }
      const attributes = describe(error, message);
      if (attributes) exception(attributes, time);
    });
  // Images and scripts that cannot be loaded raise events of this name, too, without a message.
  const onError = (event) => record(event.error, text(event.message), event.timeStamp);
  const onRejection = (event) => record(event.reason, undefined, event.timeStamp);
  for (const event of early("error", "unhandledrejection")) {
    quietly(() => (event.type == "error" ? onError : onRejection)(event));
  }
  const stops = [listen(globalThis, "error", onError), listen(globalThis, "unhandledrejection", onRejection)];
  const severity = { debug: 5, info: 9, log: 9, warn: 13, error: 17 };
  for (const method of methods) {
    stops.push(
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
              const body = given.map(argument).join(" ");
              said({ "browser.console.method": method }, performance.now(), severity[method] ?? 9, body);
            }
          });
          isSaying = false;
        }
        return original.apply(this, arguments);
      }),
    );
  }
  return () => stops.forEach((stop) => stop?.());
}
