import assert from "node:assert/strict";
import { test } from "node:test";

import { ago, count, duration, durationAlone, exactTime, signed, startAlone, time } from "../../crates/collector/viewer/shared/format.js";

const [US, MS, S, MIN, H, D] = [1_000n, 1_000_000n, 1_000_000_000n, 60_000_000_000n, 3_600_000_000_000n, 86_400_000_000_000n];

test("durations have three or so digits, in the unit that they have when they are rounded", () => {
  const cases = [
    [0n, "0 ns"], [1n, "1 ns"], [999n, "999 ns"], [1_000n, "1.00 µs"], [9_994n, "9.99 µs"], [9_995n, "10.0 µs"], [12_340n, "12.3 µs"],
    [99_949n, "99.9 µs"], [99_950n, "100 µs"], [999_499n, "999 µs"], [999_500n, "1.00 ms"], [999_999n, "1.00 ms"], [MS, "1.00 ms"],
    [1_234_567n, "1.23 ms"], [150n * MS, "150 ms"], [S - MS / 2n - 1n, "999 ms"], [S - MS / 2n, "1.00 s"], [S - 1n, "1.00 s"], [S, "1.00 s"],
    [2_500n * MS, "2.50 s"], [MIN - 50n * MS - 1n, "59.9 s"], [MIN - 50n * MS, "1 min 0 s"], [MIN - 1n, "1 min 0 s"], [MIN, "1 min 0 s"],
    [125n * S, "2 min 5 s"], [119_499n * MS, "1 min 59 s"], [119_500n * MS, "2 min 0 s"], [H - S, "59 min 59 s"], [H - 1n, "1 h 0 min"], [H, "1 h 0 min"],
    [7_380n * S, "2 h 3 min"], [D - MIN, "23 h 59 min"], [D - 1n, "1 d 0 h"], [D, "1 d 0 h"], [76n * H, "3 d 4 h"],
    [100n * D - H, "99 d 23 h"], [100n * D - 1n, "100 d"], [1_000n * D, "1,000 d"], [2n ** 64n - 1n, "213,504 d"],
    [-1_500_000n, "−1.50 ms"], [-(MS - 1n), "−1.00 ms"], [250, "250 ns"], [0.4, "0 ns"], [1.8e19, "208,333 d"], [null, "not set"],
  ];
  for (const [nanos, text] of cases) {
    assert.equal(duration(nanos), text, String(nanos));
  }
  assert.equal(signed(1_000n), "+1.00 µs");
  assert.equal(signed(-1_000n), "−1.00 µs");
  assert.deepEqual([durationAlone(null), startAlone(null), durationAlone(5n)], ["duration not set", "start not set", "5 ns"]);
});

const NEXT = { ns: [1n, 1_000n], "µs": [US, 1_000n], ms: [MS, 1_000n], s: [S, 60n], min: [MIN, 60n], h: [H, 24n], d: [D, null] };

/** What a text says in nanoseconds, and the size of its last digit. */
function read(text) {
  let [sum, last] = [0n, 0n];
  for (const [, whole, fraction = "", unit] of text.matchAll(/([\d,]+)(?:\.(\d+))? (ns|µs|ms|s|min|h|d)/g)) {
    const [size, next] = NEXT[unit];
    const number = BigInt(whole.replaceAll(",", ""));
    assert.ok(next === null || number < next, `${text}: there is a larger unit`);
    last = size / 10n ** BigInt(fraction.length);
    sum += number * size + BigInt(fraction || 0) * last;
  }
  return { sum, last };
}

test("texts of durations are monotonic, rounded at their last digit, and never of so many units that there is a larger one", () => {
  const near = [US, MS, S, MIN, H, D].flatMap((unit) => [1n, 9n, 10n, 59n, 60n, 99n, 100n, 999n].map((number) => number * unit));
  const all = near.flatMap((value) => [-1n, 0n, 1n].flatMap((off) => [value + off, value - value / 2_000n + off, value - value / 200n + off]));
  for (let bits = 1; bits <= 64; bits += 1) {
    for (let number = 0; number < 50; number += 1) {
      all.push(BigInt.asUintN(bits, (BigInt(Math.floor(Math.random() * 2 ** 32)) << 32n) | BigInt(Math.floor(Math.random() * 2 ** 32))));
    }
  }
  let before = -1n;
  for (const nanos of all.filter((each) => each >= 0n).sort((a, b) => (a < b ? -1 : a > b ? 1 : 0))) {
    const text = duration(nanos);
    const { sum, last } = read(text);
    const off = sum > nanos ? sum - nanos : nanos - sum;
    assert.ok(off * 2n <= last, `${nanos} is ${text}`);
    assert.ok(sum >= before, `${nanos} is ${text}, less than what is shorter`);
    assert.equal(duration(-nanos - 1n), `−${duration(nanos + 1n)}`);
    before = sum;
  }
});

test("times are exact to the nanosecond", () => {
  assert.equal(exactTime("1700000000123456789"), "2023-11-14T22:13:20.123456789Z");
  assert.match(exactTime(2n ** 64n - 1n), /^2554-/);
  assert.match(time("1700000000123456789"), /^2023-11-1[45] \d\d:\d\d:20\.123$/);
  assert.equal(ago("1700000000000000000", 1_700_000_010_000), "10 s ago");
  assert.equal(ago("1700000000000000000", 1_700_100_000_000), "27 h ago");
  assert.equal(ago("1700000000000000000", 0), "");
  assert.equal(ago("0", 1_700_000_000_000), "19,675 days ago");
  assert.deepEqual([ago(null), time(null)], ["", "not set"]);
});

test("counts have a plural and groups of digits", () => {
  assert.equal(count(1, "span"), "1 span");
  assert.equal(count(1_234_567, "span"), "1,234,567 spans");
  assert.equal(count(0n, "link"), "0 links");
});
