// What changes on the server in; out what the list is to take of it now, what waits while it is paused, and how it stands.

import { eventSource } from "../shared/api.js";
import { follow } from "./live.js";

/**
 * { start(version, query), stop(), toggle(), state() }. Told are `onTraces(traces, totals)`, as /api/list words them, `onAnew()`
 * and `onState()`. A state is { connection: "off" | "live" | "lost", paused, waiting }.
 */
export function feed({ onTraces, onAnew, onState }) {
  let stream = null;
  let connection = "off";
  let paused = false;
  let anew = false;
  let totals = null;
  const waiting = new Map();

  function set(change) {
    change();
    onState();
  }

  function start(version, query) {
    stop();
    stream = follow(version, {
      open: (since) => eventSource(`/api/live?${query}&since=${encodeURIComponent(since)}`),
      onState: (state) => set(() => (connection = state)),
      onTraces(event) {
        if (!paused) {
          onTraces(event.traces, event.totals);
          return;
        }
        totals = event.totals;
        set(() => event.traces.forEach((trace) => waiting.set(trace.traceId, trace)));
      },
      onAnew() {
        if (paused) {
          set(() => (anew = true));
        } else {
          onAnew();
        }
      },
    });
  }

  function stop() {
    stream?.close();
    stream = null;
    set(() => {
      connection = "off";
      anew = false;
      waiting.clear();
    });
  }

  function resume() {
    const traces = [...waiting.values()];
    waiting.clear();
    if (anew) {
      anew = false;
      onAnew();
    } else if (traces.length > 0) {
      onTraces(traces, totals);
    }
  }

  return {
    start,
    stop,
    toggle() {
      paused = !paused;
      if (!paused) {
        resume();
      }
      onState();
    },
    state: () => ({ connection, paused, waiting: anew ? Infinity : waiting.size }),
  };
}
