// Traces in, where they are in the scatter plot out, from 0 to 1: time to the right, duration upwards by its logarithm; and back,
// from a region to the filters that say it. What is far from all others is at the edge that it lies beyond.

import { durationLines } from "./duration-ticks.js";
import { timeTicks } from "./time-ticks.js";
import { usualRange } from "./usual-range.js";
import { isLikelyDuration, isLikelyTime, likelyOf } from "./wall-clock.js";

const MICROSECOND = 1_000;
const SECOND = 1_000_000_000n;
const UNITS = [["h", 3600e9], ["m", 60e9], ["s", 1e9], ["ms", 1e6], ["us", 1e3], ["ns", 1]];
/** A searched time in which the traces would take less than this part is not shown as a whole. */
const LEAST_PART = 0.01;

/**
 * The scale on which these traces have room; null for none. `searched` is the time that was asked for, { from, to }, each null if it was
 * not; `now` decides which times a clock can have said.
 */
export function scale(traces, searched, now) {
  return traces.length === 0 ? null : { ...timeScale(traces, searched, now), ...durationScale(traces) };
}

function timeScale(traces, searched, now) {
  const known = traces.filter(({ start }) => start !== null);
  const shown = usualStarts(likelyOf(known, ({ start }) => isLikelyTime(start, now))) ?? { from: now, to: now };
  const asked = { from: searched.from ?? shown.from, to: searched.to ?? shown.to };
  const fits = asked.to > asked.from && Number(shown.to - shown.from) >= Number(asked.to - asked.from) * LEAST_PART;
  return fits && (searched.from !== null || searched.to !== null) ? asked : padded(shown.from, shown.to);
}

/** The newest is never far from the others: what comes in is to be seen. */
function usualStarts(traces) {
  if (traces.length === 0) {
    return null;
  }
  const newest = most(traces.map(({ start }) => start));
  const places = traces.map(({ start }) => ({ start: Number(start - newest), end: Number(start - newest) }));
  const { from } = usualRange(places, ({ start }) => start === 0);
  return { from: least(traces.map(({ start }) => start).filter((_, index) => places[index].start >= from)), to: newest };
}

function durationScale(traces) {
  const known = traces.map(({ duration }) => duration ?? 0n);
  const durations = likelyOf(known, isLikelyDuration).map((duration) => Math.max(Number(duration), MICROSECOND));
  const low = Math.floor(Math.log10(least(durations)));
  const high = Math.ceil(Math.log10(most(durations) * 1.05));
  return { low, high: Math.max(high, low + 1) };
}

/**
 * Where a trace is: { x, y, beyond }, where `beyond` is the way to where it would be, "left", "right" or "up", if it is not on the scale.
 * One that took no time stands at the bottom, where the logarithm has no place for it, and so does one that does not say how long it took.
 */
export function place({ from, to, low, high }, { start, duration }) {
  const x = start === null ? -1 : Number(start - from) / Number(to - from);
  const y = (Math.log10(Math.max(Number(duration ?? 0n), 10 ** low)) - low) / (high - low);
  return { x: clamp(x), y: clamp(y), beyond: x < 0 ? "left" : x > 1 ? "right" : y > 1 ? "up" : null };
}

/** The lines across, as { y, text }, at least so far from each other. */
export function durationTicks({ low, high }, apart = 0) {
  const ticks = [];
  for (const { nanos, text } of durationLines(10 ** low, 10 ** high)) {
    const y = (Math.log10(nanos) - low) / (high - low);
    if (ticks.length === 0 || y - ticks.at(-1).y >= apart) {
      ticks.push({ y, text });
    }
  }
  return ticks;
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

// Nothing lies on the edge; a single moment becomes a second.
function padded(from, to) {
  const pad = to - from < SECOND ? SECOND / 2n : (to - from) / 50n;
  return { from: from > pad ? from - pad : 0n, to: to + pad };
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
