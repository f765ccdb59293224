// A part of a trace's time in, { from, to } in nanoseconds; round times in it for an axis out, and their words.

import { grouped } from "../shared/format.js";

const SECOND = 1e9;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const STEPS = [
  ...[10, 15, 30].map((seconds) => seconds * SECOND),
  ...[1, 2, 5, 10, 15, 30].map((minutes) => minutes * MINUTE),
  ...[1, 2, 3, 6, 12].map((hours) => hours * HOUR),
];

/** { step, times }: at most so many, and one more. */
export function ticks({ from, to }, most) {
  const step = Math.max(stepOf((to - from) / Math.max(most, 1)), 1);
  const first = Math.ceil(from / step);
  const times = [];
  for (let number = 0; number <= most && (first + number) * step <= to; number += 1) {
    times.push((first + number) * step);
  }
  return { step, times };
}

function stepOf(least) {
  if (least <= 5 * SECOND) {
    return decimal(least);
  }
  return STEPS.find((step) => step >= least) ?? DAY * decimal(least / DAY);
}

function decimal(least) {
  const power = 10 ** Math.floor(Math.log10(least));
  return ([1, 2, 5].find((each) => each * power >= least) ?? 10) * power;
}

/** A mark's words, to as many digits as tell it from the next: `1.5 ms`, `2 min 30 s`, `3 d 6 h`. */
export function tickText(time, step) {
  if (time < 0) {
    return `−${tickText(-time, step)}`;
  }
  return time < MINUTE ? small(time, step) : large(time, step);
}

function small(time, step) {
  if (time === 0) {
    return "0";
  }
  const [unit, size] = time >= SECOND ? ["s", SECOND] : time >= 1e6 ? ["ms", 1e6] : time >= 1e3 ? ["µs", 1e3] : ["ns", 1];
  return `${(time / size).toFixed(digits(size, step))} ${unit}`;
}

/** Days, hours, minutes and seconds, but for those of which there are none. */
function large(time, step) {
  const parts = [
    [Math.floor(time / DAY), "d", 0],
    [Math.floor((time % DAY) / HOUR), "h", 0],
    [Math.floor((time % HOUR) / MINUTE), "min", 0],
    [(time % MINUTE) / SECOND, "s", digits(SECOND, step)],
  ];
  return parts.filter(([number]) => number > 0).map(([number, unit, fraction]) => `${grouped(number.toFixed(fraction))} ${unit}`).join(" ");
}

const POWERS = [["ns", 1], ["µs", 1e3], ["ms", 1e6]].flatMap(([unit, size]) => [1, 10, 100].map((number) => [number * size, `${number} ${unit}`]));
const LONGER = [[SECOND, "1 s"], [10 * SECOND, "10 s"], [MINUTE, "1 min"], [10 * MINUTE, "10 min"], [HOUR, "1 h"]];

/** For an axis by logarithm: { nanos, text } of a round duration in some ten, from the first to the last. */
export function durationLines(from, to) {
  const days = Array.from({ length: 7 }, (_, power) => [10 ** power * DAY, `${grouped(10 ** power)} d`]);
  return [...POWERS, ...LONGER, ...days].filter(([nanos]) => nanos >= from && nanos <= to).map(([nanos, text]) => ({ nanos, text }));
}

const digits = (size, step) => Math.min(Math.max(Math.ceil(Math.log10(size / step) - 1e-9), 0), 9);
