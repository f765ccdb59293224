// The counts of stats() in; the status line, and whether sending fails, out.

/** The status line. What is rarely there is named only if it is. */
export function statusLine({ recorded, exported, queued, dropped, inDoubt = 0, spooled = 0, resent = 0, sampledOut = 0 }) {
  const counts = [`${exported} delivered`, `${queued} waiting`, `${dropped} lost`];
  if (inDoubt > 0) {
    counts.push(`${inDoubt} in doubt`);
  }
  if (spooled > 0) {
    counts.push(`${spooled} kept for the next page`);
  }
  const sentences = [`${spans(recorded)} recorded: ${counts.join(", ")}.`];
  if (sampledOut > 0) {
    sentences.push(`${spans(sampledOut)} left out by sampling.`);
  }
  if (resent > 0) {
    sentences.push(`${spans(resent)} of an earlier page delivered.`);
  }
  return sentences.join(" ");
}

function spans(count) {
  return count === 1 ? "1 span" : `${count} spans`;
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

  /** What flush was rejected with. */
  failed(message) {
    this.#failure = { message };
  }

  /**
   * Tells `failure`, the one that lasts as { message, cause, advice }, or null; and whether spans were `delivered` since the last
   * look. The cause may come later than the message: the library has to find it out.
   */
  observe({ exported, dropped, lastError, lastErrorCause: cause, advice }) {
    const delivered = exported > this.#exported;
    const lost = dropped > this.#dropped;
    this.#exported = exported;
    this.#dropped = dropped;
    const error = lastError && { message: lastError, cause, advice };
    if (lost) {
      this.#failure = error ?? this.#failure ?? { message: "Spans were lost." };
    } else if (delivered) {
      this.#failure = null;
      this.#settled = lastError;
    } else if (error && lastError !== this.#settled) {
      this.#failure = error;
    }
    return { failure: this.#failure, delivered };
  }
}
