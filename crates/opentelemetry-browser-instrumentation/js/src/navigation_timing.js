// Navigation timing: one record for the document, when it has loaded, or when it is left before.
import { listen, quietly, redact, starting, whenSeen } from "./page.js";
import { fields } from "./timings.js";

const FIELDS = {
  type: "type",
  dom_complete: "domComplete",
  dom_content_loaded_event_end: "domContentLoadedEventEnd",
  dom_content_loaded_event_start: "domContentLoadedEventStart",
  dom_interactive: "domInteractive",
  load_event_end: "loadEventEnd",
  load_event_start: "loadEventStart",
  redirect_count: "redirectCount",
  unload_event_end: "unloadEventEnd",
  unload_event_start: "unloadEventStart",
};

/** Watches; `timed` takes the attributes, among them where the server may have put its `traceparent`: meta tag, Server-Timing; and the time. */
export const watchNavigationTiming = (timed) => starting((undo) => {
  const [entry] = globalThis.performance?.getEntriesByType?.("navigation") ?? [];
  if (!entry || !globalThis.document) return false;
  let isTold;
  const tell = () =>
    quietly(() => {
      if (isTold) return;
      isTold = true;
      const meta = document.querySelector('meta[name="traceparent"]')?.content;
      const traceparent = [meta, entry.serverTiming?.find(({ name }) => name == "traceparent")?.description];
      timed(
        {
          "url.full": redact(entry.name),
          ...fields(entry),
          ...fields(entry, FIELDS, "browser.navigation_timing."),
          // Of a page that was rendered before a visitor saw it.
          "browser.navigation_timing.activation_start": entry.activationStart || undefined,
          traceparent,
        },
        entry.startTime,
      );
    });
  // The end of the load event is known only after it.
  const soon = () => setTimeout(tell);
  whenSeen(undo, () => {
    if (entry.loadEventEnd > 0) tell();
    else if (document.readyState == "complete") soon();
    else undo.push(listen(globalThis, "load", soon));
    undo.push(listen(globalThis, "pagehide", tell));
  });
  undo.push(() => (isTold = true));
});
