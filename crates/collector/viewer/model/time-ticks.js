// A time from one millisecond to another in; out round local times in it, { millis, text }, for an axis.

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** So many of a unit, and about how long that is. */
const STEPS = [
  ...[1, 2, 5, 10, 20, 50, 100, 200, 500].map((number) => ({ unit: "millis", number, length: number })),
  ...[1, 2, 5, 10, 15, 30].map((number) => ({ unit: "seconds", number, length: number * 1000 })),
  ...[1, 2, 5, 10, 15, 30].map((number) => ({ unit: "minutes", number, length: number * MINUTE })),
  ...[1, 2, 3, 6, 12].map((number) => ({ unit: "hours", number, length: number * HOUR })),
  ...[1, 2, 7, 14].map((number) => ({ unit: "days", number, length: number * DAY })),
  ...[1, 2, 3, 6].map((number) => ({ unit: "months", number, length: number * 30 * DAY })),
  ...[1, 2, 5, 10, 20, 50, 100, 200, 500].map((number) => ({ unit: "years", number, length: number * 365 * DAY })),
];

/** At most `count` times, each a round one. */
export function timeTicks(from, to, count) {
  const step = STEPS.find(({ length }) => (to - from) / length <= count) ?? STEPS.at(-1);
  const ticks = [];
  // The first step may be before the beginning.
  for (let number = 0; ticks.length < count; number += 1) {
    const millis = stepAt(from, step, number);
    if (millis > to) {
      break;
    }
    if (millis >= from && millis !== ticks.at(-1)?.millis) {
      ticks.push({ millis, text: label(millis, ticks.at(-1)?.millis, step.unit) });
    }
  }
  return ticks;
}

/**
 * Steps are counted by the calendar and the clock on the wall, from where the next larger unit begins: days are not always of 24 hours.
 * Those shorter than an hour are of the same length everywhere.
 */
function stepAt(from, { unit, number, length }, at) {
  const date = new Date(from);
  const [year, month, day] = [date.getFullYear(), date.getMonth(), date.getDate()];
  switch (unit) {
    case "years":
      return localTime(Math.floor(year / number) * number + at * number, 0, 1);
    case "months":
      return localTime(year, Math.floor(month / number) * number + at * number, 1);
    case "days":
      return localTime(year, month, day + at * number);
    case "hours":
      return localTime(year, month, day, (Math.floor(date.getHours() / number) + at) * number);
    default: {
      const hour = date.setMinutes(0, 0, 0);
      return hour + (Math.floor((from - hour) / length) + at) * length;
    }
  }
}

// The constructor of Date takes years below 100 for those of the 20th century: none of these is.
const localTime = (year, month, day, hour = 0) => new Date(year, month, day, hour).getTime();

/** The day is named where it begins. */
function label(millis, before, unit) {
  const date = new Date(millis);
  const two = (number) => String(number).padStart(2, "0");
  const year = String(date.getFullYear());
  const month = `${year}-${two(date.getMonth() + 1)}`;
  const day = `${month}-${two(date.getDate())}`;
  const time = `${two(date.getHours())}:${two(date.getMinutes())}`;
  const seconds = `${time}:${two(date.getSeconds())}`;
  const newDay = before !== undefined && new Date(before).getDate() !== date.getDate();
  switch (unit) {
    case "years":
      return year;
    case "months":
      return month;
    case "days":
      return day;
    case "seconds":
      return seconds;
    case "millis":
      return `${seconds}.${String(date.getMilliseconds()).padStart(3, "0")}`;
    default:
      return newDay ? `${day.slice(5)} ${time}` : time;
  }
}
