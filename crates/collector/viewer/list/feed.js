// What changes on the server in; out what the list is to take of it now, what waits while it is paused, and how it stands.

import { getJson } from "../shared/api.js";
import { whileSeen } from "../shared/while-seen.js";

/** How long after an answer the next one is asked for, and after none. */
const PAUSE = 1_000;
const AGAIN = 3_000;

/**
 * { start(version, query), stop(), toggle(), state() }. Told are `onTraces(traces, totals)` of what has changed, `onList(traces, totals)`
 * of all that fits when it is not known what has, both as /api/list words them, and `onState()`. A state is { connection: "off" | "live" |
 * "lost", paused, waiting }.
 */
export function feed({ onTraces, onList, onState }) {
  let end = null;
  let connection = "off";
  let paused = false;
  // What came while it was paused: a whole list perhaps, and what has changed of it since.
  let list = null;
  let totals = null;
  const waiting = new Map();

  function set(next) {
    if (connection !== next) {
      connection = next;
      onState();
    }
  }

  function start(version, query) {
    stop();
    let since = version;
    end = whileSeen(async (signal) => {
      const answer = await getJson(`/api/list?${query}&since=${encodeURIComponent(since)}`, { signal }).catch(() => null);
      // Another list may be asked for by now.
      if (!signal.aborted) {
        set(answer ? "live" : "lost");
        if (answer) {
          since = answer.version;
          take(answer);
        }
      }
      return answer ? PAUSE : AGAIN;
    });
  }

  function take(answer) {
    if (!answer.complete && answer.traces.length === 0) {
      return;
    }
    totals = answer.totals;
    if (answer.complete) {
      list = answer.traces;
      waiting.clear();
    } else {
      answer.traces.forEach((trace) => waiting.set(trace.traceId, trace));
    }
    if (paused) {
      onState();
    } else {
      tell();
    }
  }

  function tell() {
    const [all, changed] = [list, [...waiting.values()]];
    forget();
    if (all) {
      onList(all, totals);
    }
    if (changed.length > 0) {
      onTraces(changed, totals);
    }
  }

  function forget() {
    list = null;
    waiting.clear();
  }

  function stop() {
    end?.();
    end = null;
    forget();
    set("off");
  }

  return {
    start,
    stop,
    toggle() {
      paused = !paused;
      if (!paused) {
        tell();
      }
      onState();
    },
    state: () => ({ connection, paused, waiting: list ? Infinity : waiting.size }),
  };
}
