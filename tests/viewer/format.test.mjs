import assert from "node:assert/strict";
import { test } from "node:test";

import { ago, bytes, count, duration, exactTime, signed, time } from "../../crates/collector/viewer/shared/format.js";

test("durations have three or so digits", () => {
  const cases = [
    [0n, "0 ns"],
    [999n, "999 ns"],
    [1_000n, "1.00 µs"],
    [12_340n, "12.3 µs"],
    [1_234_567n, "1.23 ms"],
    [150_000_000n, "150 ms"],
    [2_500_000_000n, "2.50 s"],
    [125_000_000_000n, "2 min 5 s"],
    [7_380_000_000_000n, "2 h 3 min"],
    [-1_500_000n, "−1.50 ms"],
    [250, "250 ns"],
  ];
  for (const [nanos, text] of cases) {
    assert.equal(duration(nanos), text);
  }
  assert.equal(signed(1_000n), "+1.00 µs");
  assert.match(duration(2n ** 64n - 1n), /min$/);
});

test("times are exact to the nanosecond", () => {
  assert.equal(exactTime("1700000000123456789"), "2023-11-14T22:13:20.123456789Z");
  assert.match(exactTime(2n ** 64n - 1n), /^2554-/);
  assert.match(time("1700000000123456789"), /^2023-11-1[45] \d\d:\d\d:20\.123$/);
  assert.equal(ago("1700000000000000000", 1_700_000_010_000), "10 s ago");
  assert.equal(ago("1700000000000000000", 1_700_100_000_000), "27 h ago");
  assert.equal(ago("1700000000000000000", 0), "");
});

test("counts have a plural and groups of digits", () => {
  assert.equal(count(1, "span"), "1 span");
  assert.equal(count(1_234_567, "span"), "1,234,567 spans");
  assert.equal(bytes(4_500), "4.5 kB");
});
