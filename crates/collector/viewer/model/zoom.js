// The part of a trace's time that is looked at: { from, to } in nanoseconds; bounds and changes of it.

const SMALLEST = 10;

/** The whole of it; at least something, so that there is something to divide by. */
export const whole = (duration) => ({ from: 0, to: Math.max(duration, 1) });

/** Keeps a part within the whole, and large enough to be looked at. */
export function within({ from, to }, duration) {
  const all = whole(duration);
  const size = Math.min(Math.max(to - from, Math.min(SMALLEST, all.to)), all.to);
  const start = Math.min(Math.max(from, 0), all.to - size);
  return { from: start, to: start + size };
}

/** A factor below 1 shows less, in more detail; `at` stays where it is. */
export function scaled({ from, to }, duration, factor, at = (from + to) / 2) {
  return within({ from: at - (at - from) * factor, to: at + (to - at) * factor }, duration);
}

/** By a part of what is seen: 0.25 for a quarter to the right. */
export function moved({ from, to }, duration, part) {
  const step = (to - from) * part;
  return within({ from: from + step, to: to + step }, duration);
}

export const isWhole = ({ from, to }, duration) => from <= 0 && to >= whole(duration).to;

/** From a time to a part of the width, not bounded. */
export const position = ({ from, to }, time) => (time - from) / (to - from);

/** Moves the part so that a span is in it, if nothing of it is. */
export function showing(part, duration, span) {
  if (span.end >= part.from && span.start <= part.to) {
    return part;
  }
  const size = part.to - part.from;
  const middle = span.duration < size ? (span.start + span.end) / 2 : span.start + size / 2;
  return within({ from: middle - size / 2, to: middle + size / 2 }, duration);
}

const STEPS = [1, 2, 5];
const MINUTES = [10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 18_000, 36_000].map((seconds) => seconds * 1e9);

/** Round times for an axis with at most so many marks. */
export function ticks({ from, to }, most) {
  const least = (to - from) / Math.max(most, 1);
  const step = Math.max(least > 5e9 ? (MINUTES.find((each) => each >= least) ?? decimal(least)) : decimal(least), 1);
  const first = Math.ceil(from / step);
  const times = [];
  // Counted from the first, because a number beyond 2^53 does not grow by 1.
  for (let index = 0; (first + index) * step <= to && index <= most; index += 1) {
    times.push((first + index) * step);
  }
  return { step, times };
}

function decimal(least) {
  const power = 10 ** Math.floor(Math.log10(least));
  return (STEPS.find((each) => each * power >= least) ?? 10) * power;
}

/** A mark's words, to as many digits as tell it from the next. */
export function tickText(time, step) {
  if (time >= 60e9 && step >= 1e9) {
    const seconds = Math.round(time / 1e9);
    const rest = seconds % 60;
    return `${Math.floor(seconds / 60)} min${rest > 0 ? ` ${rest} s` : ""}`;
  }
  const [unit, factor] = time >= 1e9 ? ["s", 1e9] : time >= 1e6 ? ["ms", 1e6] : time >= 1e3 ? ["µs", 1e3] : ["ns", 1];
  const digits = Math.min(Math.max(Math.ceil(Math.log10(factor / step) - 1e-9), 0), 9);
  return `${(time / factor).toFixed(digits)} ${time === 0 ? "" : unit}`.trim();
}
