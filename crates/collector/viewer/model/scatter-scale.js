// Traces in, where they are in the scatter plot out, from 0 to 1: time to the right, duration upwards by its logarithm; and back,
// from a region to the filters that say it.

import { timeTicks } from "./time-ticks.js";

const MICROSECOND = 1_000n;
const SECOND = 1_000_000_000n;
const UNITS = [["s", 1e9], ["ms", 1e6], ["us", 1e3], ["ns", 1]];

/** The scale on which all these traces have room; null for none. */
export function scale(traces) {
  if (traces.length === 0) {
    return null;
  }
  const starts = traces.map(({ start }) => start);
  const durations = traces.map(({ duration }) => Math.max(Number(duration), Number(MICROSECOND)));
  const time = padded(least(starts), most(starts));
  const low = Math.floor(Math.log10(least(durations)));
  const high = Math.max(Math.ceil(Math.log10(most(durations) * 1.05)), low + 1);
  return { from: time.from, to: time.to, low, high };
}

/** Where a trace is. One that took no time stands at the bottom, where the logarithm has no place for it. */
export function place({ from, to, low, high }, { start, duration }) {
  const x = Number(start - from) / Number(to - from);
  const y = (Math.log10(Math.max(Number(duration), 10 ** low)) - low) / (high - low);
  return { x, y };
}

/** The lines across, one for each power of ten, as { y, text }. */
export function durationTicks({ low, high }) {
  return Array.from({ length: high - low + 1 }, (_, step) => ({ y: step / (high - low), text: powerText(low + step) }));
}

/** The lines upwards, at round local times, as { x, text }. */
export function ticksOfTime({ from, to }, count) {
  const span = Number(to - from);
  return timeTicks(Number(from / 1_000_000n), Number(to / 1_000_000n), count).map(({ millis, text }) => ({
    x: Number(BigInt(millis) * 1_000_000n - from) / span,
    text,
  }));
}

/** The filters of a region { left, right, bottom, top }: rounded outwards, so that what is seen in it is found. */
export function filtersOf({ from, to, low, high }, { left, right, bottom, top }) {
  const at = (x) => from + BigInt(Math.round(clamp(x) * Number(to - from)));
  const long = (y) => 10 ** (low + clamp(y) * (high - low));
  return {
    start: `${at(left) / 1_000n}`,
    end: `${at(right) / 1_000n + 1n}`,
    minDuration: bottom <= 0 ? "" : durationText(long(bottom), Math.floor),
    maxDuration: top >= 1 ? "" : durationText(long(top), Math.ceil),
    lookback: "",
  };
}

/** The nearest of placed points { x, y } in pixels, null if none is within `reach`. */
export function nearest(points, x, y, reach) {
  let best = null;
  let distance = reach ** 2;
  for (const point of points) {
    const here = (point.x - x) ** 2 + (point.y - y) ** 2;
    if (here <= distance) {
      [best, distance] = [point, here];
    }
  }
  return best;
}

function powerText(power) {
  const [unit, size] = UNITS.find(([, size]) => 10 ** power >= size);
  return `${(10 ** power / size).toLocaleString("en")} ${unit.replace("u", "µ")}`;
}

// Nothing lies on the edge; a single moment becomes a second.
function padded(from, to) {
  const pad = to - from < SECOND ? SECOND / 2n : (to - from) / 50n;
  return { from: from - pad, to: to + pad };
}

// Three digits, as the collector reads durations.
function durationText(nanos, round) {
  const [unit, size] = UNITS.find(([, size]) => nanos >= size) ?? UNITS.at(-1);
  const value = nanos / size;
  const digits = size === 1 ? 0 : Math.max(0, 2 - Math.floor(Math.log10(value)));
  // Without the last bits, which the logarithm left there: 100 would be rounded up to 101.
  const whole = round(Number((value * 10 ** digits).toPrecision(12)));
  return `${whole / 10 ** digits}${unit}`;
}

function clamp(share) {
  return Math.min(Math.max(share, 0), 1);
}

function least(values) {
  return values.reduce((a, b) => (b < a ? b : a));
}

function most(values) {
  return values.reduce((a, b) => (b > a ? b : a));
}
