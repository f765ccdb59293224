// Times, durations and counts for people. Nanoseconds come as BigInt, because a number does not hold those of today; durations may be
// numbers. A unit is chosen after rounding: there are never 1000 of one that has a next.

/** Stands for a time or a duration that its sender has left out: null here. */
export const NOT_SET = "not set";

/** Each with its size, and how many of it are the next one. */
const UNITS = [
  ["µs", 1_000n, 1_000n],
  ["ms", 1_000_000n, 1_000n],
  ["s", 1_000_000_000n, 60n],
];

/** Three or so digits: `999 ns`, `12.3 µs`, `150 ms`, `2.50 s`, `2 min 5 s`, `2 h 3 min`, `3 d 4 h`, `200 d`. */
export function duration(nanos) {
  if (nanos === null) {
    return NOT_SET;
  }
  const whole = typeof nanos === "bigint" ? nanos : BigInt(Math.round(nanos));
  return whole < 0n ? `−${words(-whole)}` : words(whole);
}

function words(nanos) {
  if (nanos < 1_000n) {
    return `${nanos} ns`;
  }
  for (const [unit, size, next] of UNITS) {
    for (const digits of [2, 1, 0]) {
      const power = 10n ** BigInt(digits);
      const scaled = rounded(nanos * power, size);
      if (scaled < 1_000n && scaled < next * power) {
        return `${(Number(scaled) / Number(power)).toFixed(digits)} ${unit}`;
      }
    }
  }
  const [seconds, minutes, hours, days] = [1n, 60n, 3_600n, 86_400n].map((size) => rounded(nanos, size * 1_000_000_000n));
  if (seconds < 3_600n) {
    return `${seconds / 60n} min ${seconds % 60n} s`;
  }
  if (minutes < 1_440n) {
    return `${minutes / 60n} h ${minutes % 60n} min`;
  }
  return hours < 2_400n ? `${hours / 24n} d ${hours % 24n} h` : `${grouped(days)} d`;
}

const rounded = (nanos, size) => (nanos + size / 2n) / size;

/** `+1.5 ms`, `−2 ms`. */
export const signed = (nanos) => (nanos < 0 ? duration(nanos) : `+${duration(nanos)}`);

const pad = (number, digits = 2) => String(number).padStart(digits, "0");

/** In the time zone of this browser: `2026-01-31 12:00:00.123`. */
export function time(nanos) {
  if (nanos === null) {
    return NOT_SET;
  }
  const date = new Date(Number(BigInt(nanos) / 1_000_000n));
  const day = `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}`;
  return `${day} ${pad(date.getHours())}:${pad(date.getMinutes())}:${pad(date.getSeconds())}.${pad(date.getMilliseconds(), 3)}`;
}

/** A duration, and a start, where nothing beside them says what they are. */
export const durationAlone = (nanos) => (nanos === null ? `duration ${NOT_SET}` : duration(nanos));
export const startAlone = (nanos) => (nanos === null ? `start ${NOT_SET}` : time(nanos));

/** To the nanosecond, in UTC: `2026-01-31T12:00:00.123456789Z`. */
export function exactTime(nanos) {
  const all = BigInt(nanos);
  const seconds = new Date(Number(all / 1_000_000_000n) * 1000).toISOString().slice(0, 19);
  return `${seconds}.${pad(all % 1_000_000_000n, 9)}Z`;
}

/** How long ago, roughly; empty for a time to come, or none. `now` is in milliseconds. */
export function ago(nanos, now = Date.now()) {
  if (nanos === null) {
    return "";
  }
  const seconds = Math.floor((now - Number(BigInt(nanos) / 1_000_000n)) / 1000);
  if (seconds < 0) {
    return "";
  }
  if (seconds < 60) {
    return `${seconds} s ago`;
  }
  if (seconds < 3600) {
    return `${Math.floor(seconds / 60)} min ago`;
  }
  return seconds < 172_800 ? `${Math.floor(seconds / 3600)} h ago` : `${grouped(Math.floor(seconds / 86_400))} days ago`;
}

/** `1 span`, `2 spans`, `10,000 spans`; `many` is for words whose plural has no s. */
export function count(number, thing, many = `${thing}s`) {
  return `${grouped(number)} ${Number(number) === 1 ? thing : many}`;
}

/** `12,345`. */
export const grouped = (number) => String(number).replace(/\B(?=(\d{3})+$)/g, ",");
