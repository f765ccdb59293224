// The counts of stats() in; the status line, and whether sending fails, out.

/** The status line. */
export function statusLine({ recorded, exported, queued, dropped }) {
  const spans = recorded === 1 ? "span" : "spans";
  return `${recorded} ${spans} recorded: ${exported} delivered, ${queued} waiting, ${dropped} lost.`;
}

/**
 * Follows the counts and tells whether sending fails now.
 *
 * An error alone is no problem: it may be history. It is one while spans are lost or still waiting because of it, until a later
 * request delivers spans and loses none.
 */
export class SendingWatch {
  #exported = 0;
  #dropped = 0;
  #failure = null;
  #settled = null;

  /** What flush or shutdown was rejected with. */
  failed(message) {
    this.#failure = message;
  }

  /** Tells `failure`, the text of the one that lasts, or null; and whether spans were `delivered` since the last look. */
  observe({ exported, dropped, lastError }) {
    const delivered = exported > this.#exported;
    const lost = dropped > this.#dropped;
    this.#exported = exported;
    this.#dropped = dropped;
    if (lost) {
      this.#failure = lastError ?? this.#failure ?? "Spans were lost.";
    } else if (delivered) {
      this.#failure = null;
      this.#settled = lastError;
    } else if (lastError && lastError !== this.#settled) {
      this.#failure = lastError;
    }
    return { failure: this.#failure, delivered };
  }
}
