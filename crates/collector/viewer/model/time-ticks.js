// A time from one millisecond to another in; out round local times in it, { millis, text }, for an axis.

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const STEPS = [
  1, 2, 5, 10, 20, 50, 100, 200, 500,
  ...[1, 2, 5, 10, 15, 30].map((seconds) => seconds * SECOND),
  ...[1, 2, 5, 10, 15, 30].map((minutes) => minutes * MINUTE),
  ...[1, 2, 3, 6, 12].map((hours) => hours * HOUR),
  ...[1, 2, 7, 14, 30, 91, 365].map((days) => days * DAY),
];

/** At most `count` times, each a round one. */
export function timeTicks(from, to, count) {
  const step = STEPS.find((step) => (to - from) / step <= count) ?? Math.ceil((to - from) / count / DAY) * DAY;
  const ticks = [];
  for (let millis = firstTick(from, step); millis <= to && ticks.length < count; millis += step) {
    const before = ticks.at(-1)?.millis;
    ticks.push({ millis, text: label(millis, before, step) });
  }
  return ticks;
}

// Local midnight is what hours and days are counted from.
function firstTick(from, step) {
  const day = new Date(from);
  const midnight = day.setHours(0, 0, 0, 0);
  return midnight + Math.ceil((from - midnight) / step) * step;
}

// The day is named where it begins.
function label(millis, before, step) {
  const date = new Date(millis);
  const two = (number) => String(number).padStart(2, "0");
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  const time = `${two(date.getHours())}:${two(date.getMinutes())}`;
  if (step >= DAY) {
    return day;
  }
  if (before !== undefined && new Date(before).getDate() !== date.getDate()) {
    return `${day.slice(5)} ${time}`;
  }
  if (step >= MINUTE) {
    return time;
  }
  const seconds = `${time}:${two(date.getSeconds())}`;
  return step >= SECOND ? seconds : `${seconds}.${String(date.getMilliseconds()).padStart(3, "0")}`;
}
