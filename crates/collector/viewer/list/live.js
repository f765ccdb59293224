// The list's version in; out what has changed since, as it changes, and whether it is known at all.

const AGAIN = 3_000;

/**
 * Follows /api/live. `open(since)` gives an EventSource of it; told are `onTraces({ traces, totals })`, `onAnew()` when the list is to be asked
 * for anew, and `onState("live" | "lost")`. Gives { close }.
 */
export function follow(version, { open, onTraces, onAnew, onState }) {
  let since = version;
  let source = null;
  let timer = 0;

  function connect() {
    source = open(since);
    source.addEventListener("open", () => onState("live"));
    source.addEventListener("traces", (event) => {
      since = event.lastEventId;
      onTraces(JSON.parse(event.data));
    });
    source.addEventListener("anew", () => onAnew());
    source.addEventListener("error", () => {
      onState("lost");
      // The browser itself connects again, but not after an answer that is no stream.
      if (source.readyState === EventSource.CLOSED) {
        timer = setTimeout(connect, AGAIN);
      }
    });
  }

  function shut() {
    clearTimeout(timer);
    source?.close();
    source = null;
  }

  // A browser has six connections to a server, for all its tabs: one that nobody looks at gives its own back.
  function onVisibility() {
    if (document.hidden) {
      shut();
    } else if (!source) {
      connect();
    }
  }

  document.addEventListener("visibilitychange", onVisibility);
  onVisibility();
  return {
    close() {
      document.removeEventListener("visibilitychange", onVisibility);
      shut();
    },
  };
}
