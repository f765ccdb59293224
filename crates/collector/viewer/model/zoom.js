// The part of a trace's time that is looked at: { from, to } in nanoseconds; bounds and changes of it. `all` is what there is to look at.

const SMALLEST = 10;
/** Numbers of nanoseconds have no more than so many steps. */
const STEPS = 2 ** 46;

/** The whole of it; at least something, so that there is something to divide by. */
export const whole = (all) => ({ from: all.from, to: Math.max(all.to, all.from + Math.max(finest(all), 1)) });

const finest = ({ from, to }) => Math.max(Math.abs(from), Math.abs(to)) / STEPS;

/** Keeps a part within the whole, and large enough to be looked at. */
export function within({ from, to }, all) {
  const bounds = whole(all);
  const most = bounds.to - bounds.from;
  const size = Math.min(Math.max(to - from, SMALLEST, finest(all) * SMALLEST), most);
  const start = Math.min(Math.max(from, bounds.from), bounds.to - size);
  return { from: start, to: start + size };
}

/** A factor below 1 shows less, in more detail; `at` stays where it is. */
export function scaled({ from, to }, all, factor, at = (from + to) / 2) {
  return within({ from: at - (at - from) * factor, to: at + (to - at) * factor }, all);
}

/** By a part of what is seen: 0.25 for a quarter to the right. */
export function moved({ from, to }, all, part) {
  const step = (to - from) * part;
  return within({ from: from + step, to: to + step }, all);
}

export const isWhole = ({ from, to }, all) => from <= all.from && to >= whole(all).to;

/** From a time to a part of the width, not bounded. */
export const position = ({ from, to }, time) => (time - from) / (to - from);

/** Moves the part so that a span is in it, if nothing of it is. What is far from all there is to look at leaves it where it is. */
export function showing(part, all, { start, end }) {
  const seen = end >= part.from && start <= part.to;
  if (seen || end < all.from || start > all.to) {
    return part;
  }
  const size = part.to - part.from;
  const middle = end - start < size ? (start + end) / 2 : start + size / 2;
  return within({ from: middle - size / 2, to: middle + size / 2 }, all);
}
