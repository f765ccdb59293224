// Nanoseconds since 1970 as BigInt in, whether a clock on a wall can have said them out.

const DAY = 86_400_000_000_000n;
const YEAR = 365n * DAY;
const YEAR_2000 = 30n * YEAR + 7n * DAY;

export const nowNanos = () => BigInt(Date.now()) * 1_000_000n;

/** From 2000 until tomorrow: OpenTelemetry is younger, and clocks of others may be ahead. */
export const isLikelyTime = (nanos, now) => nanos >= YEAR_2000 && nanos <= now + DAY;

/** A year and more comes from clocks that differ. */
export const isLikelyDuration = (nanos) => nanos < YEAR;

/** Those of a list that are likely, or all if none is. */
export function likelyOf(list, isLikely) {
  const likely = list.filter(isLikely);
  return likely.length > 0 ? likely : list;
}

/** Whether times of which this is the last count from 0: simulations and tests do. Elsewhere a time of 0 is none that was set. */
export const countsFromZero = (last) => last > 0n && last < YEAR;
