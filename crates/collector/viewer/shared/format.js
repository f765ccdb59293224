// Times, durations and counts for people. Nanoseconds come as BigInt, because a number does not hold those of today; durations may
// be numbers.

const UNITS = [
  ["µs", 1e3],
  ["ms", 1e6],
  ["s", 1e9],
];

/** Three or so digits: `999 ns`, `12.3 µs`, `150 ms`, `2.50 s`, `2 min 5 s`, `2 h 3 min`. */
export function duration(nanos) {
  const value = Number(nanos);
  const seconds = Math.floor(Math.abs(value) / 1e9);
  const sign = value < 0 ? "−" : "";
  const size = Math.abs(value);
  if (size < 1e3) {
    return `${sign}${Math.round(size)} ns`;
  }
  if (seconds >= 3600) {
    return `${sign}${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
  }
  if (seconds >= 60) {
    return `${sign}${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  }
  const [unit, factor] = UNITS.findLast(([, factor]) => size >= factor);
  const scaled = size / factor;
  const digits = scaled < 9.995 ? 2 : scaled < 99.95 ? 1 : 0;
  return `${sign}${scaled.toFixed(digits)} ${unit}`;
}

/** `+1.5 ms`, `−2 ms`. */
export const signed = (nanos) => (Number(nanos) < 0 ? duration(nanos) : `+${duration(nanos)}`);

const pad = (number, digits = 2) => String(number).padStart(digits, "0");

/** In the time zone of this browser: `2026-01-31 12:00:00.123`. */
export function time(nanos) {
  const date = new Date(Number(BigInt(nanos) / 1_000_000n));
  const day = `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}`;
  return `${day} ${pad(date.getHours())}:${pad(date.getMinutes())}:${pad(date.getSeconds())}.${pad(date.getMilliseconds(), 3)}`;
}

/** To the nanosecond, in UTC: `2026-01-31T12:00:00.123456789Z`. */
export function exactTime(nanos) {
  const all = BigInt(nanos);
  const seconds = new Date(Number(all / 1_000_000_000n) * 1000).toISOString().slice(0, 19);
  return `${seconds}.${pad(all % 1_000_000_000n, 9)}Z`;
}

/** How long ago, roughly; empty for a time to come. `now` is in milliseconds. */
export function ago(nanos, now = Date.now()) {
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
  return seconds < 172_800 ? `${Math.floor(seconds / 3600)} h ago` : `${Math.floor(seconds / 86_400)} days ago`;
}

/** `1 span`, `2 spans`, `10,000 spans`; `many` is for words whose plural has no s. */
export function count(number, thing, many = `${thing}s`) {
  return `${grouped(number)} ${Number(number) === 1 ? thing : many}`;
}

/** `12,345`. */
export const grouped = (number) => String(number).replace(/\B(?=(\d{3})+$)/g, ",");

/** `4.5 kB`. */
export function bytes(number) {
  if (number < 1000) {
    return count(number, "byte");
  }
  const [unit, factor] = number < 1e6 ? ["kB", 1e3] : ["MB", 1e6];
  return `${(number / factor).toFixed(1)} ${unit}`;
}
