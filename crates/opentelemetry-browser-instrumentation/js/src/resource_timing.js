// Resource timing: a record for each request of the page, made when it has time for that.
import { listen, observe, quietly, redact, starting, whenIdle } from "./page.js";
import { fields } from "./timings.js";

const FIELDS = {
  initiator_type: "initiatorType",
  redirect_start: "redirectStart",
  redirect_end: "redirectEnd",
  worker_start: "workerStart",
  next_hop_protocol: "nextHopProtocol",
  render_blocking_status: "renderBlockingStatus",
};
const MOST_AT_ONCE = 50;
const MOST_WAITING = 1000;

/** Where the copies of this library in a page tell each other what each ignores. */
const COPIES = Symbol.for("opentelemetry-browser.ignores");

/** Watches; `timed` takes the attributes and the time. `ignores` takes a URL, and whether another copy asks. */
export const watchResourceTiming = (timed, ignores) => starting((undo) => {
  const waiting = [];
  const copies = (globalThis[COPIES] ??= new Set());
  copies.add(ignores);
  undo.push(() => copies.delete(ignores));
  let isScheduled;
  const tell = (most) => {
    for (const entry of waiting.splice(0, most)) {
      quietly(() => {
        const url = redact(entry.name);
        if ([...copies].some((one) => one(url, one != ignores))) return;
        timed({ "url.full": url, ...fields(entry), ...fields(entry, FIELDS) }, entry.startTime);
      });
    }
  };
  const later = () => {
    if (isScheduled || !waiting.length) return;
    isScheduled = true;
    whenIdle(() => {
      isScheduled = false;
      tell(MOST_AT_ONCE);
      later();
    });
  };
  const observer = observe("resource", (entries) => {
    // Those that wait are told of first: none is left out here.
    if (waiting.length + entries.length > MOST_WAITING) tell(MOST_WAITING);
    waiting.push(...entries);
    later();
  });
  if (!observer) return false;
  const finish = () => {
    observer.flush();
    tell(Infinity);
  };
  undo.push(finish, observer.stop);
  if (!globalThis.document) return;
  undo.push(listen(document, "visibilitychange", () => document.visibilityState == "hidden" && finish(), true));
});
