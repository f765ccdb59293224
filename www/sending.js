// The counts of stats() in; the status line, and whether sending fails, out.

import { spans, text } from "./language.js";

/** The status line. What is rarely there is named only if it is. */
export function statusLine({ recorded, exported, queued, dropped, inDoubt = 0, spooled = 0, resent = 0, sampledOut = 0 }) {
  const count = (name, number) => text(`count.${name}`, { count: number });
  const counts = [count("delivered", exported), count("waiting", queued), count("lost", dropped)];
  if (inDoubt > 0) {
    counts.push(count("in-doubt", inDoubt));
  }
  if (spooled > 0) {
    counts.push(count("spooled", spooled));
  }
  const sentences = [text("status.recorded", { spans: spans(recorded), counts: counts.join(text("list.separator")) })];
  if (sampledOut > 0) {
    sentences.push(text("status.sampled-out", { spans: spans(sampledOut) }));
  }
  if (resent > 0) {
    sentences.push(text("status.resent", { spans: spans(resent) }));
  }
  return sentences.join(text("sentence.separator"));
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
      this.#failure = error ?? this.#failure ?? { message: text("sending.lost") };
    } else if (delivered) {
      this.#failure = null;
      this.#settled = lastError;
    } else if (error && lastError !== this.#settled) {
      this.#failure = error;
    }
    return { failure: this.#failure, delivered };
  }
}
