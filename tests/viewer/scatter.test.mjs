import assert from "node:assert/strict";
import { test } from "node:test";

import { durationTicks, filtersOf, nearest, place, scale, ticksOfTime } from "../../crates/collector/viewer/model/scatter-scale.js";
import { timeTicks } from "../../crates/collector/viewer/model/time-ticks.js";

const BASE = 1_700_000_000_000_000_000n;
const trace = (seconds, micros) => ({ start: BASE + BigInt(seconds) * 1_000_000_000n, duration: BigInt(micros) * 1_000n });

test("every trace has its place within the plot, and longer is higher", () => {
  const traces = [trace(0, 0), trace(1, 1), trace(2, 999), trace(3, 1_000_000), trace(4, 10_000_000_000)];
  const shown = scale(traces);
  const places = traces.map((one) => place(shown, one));
  for (const { x, y } of places) {
    assert.ok(x >= 0 && x <= 1 && y >= 0 && y <= 1, `${x} ${y}`);
  }
  for (let at = 1; at < places.length; at += 1) {
    assert.ok(places[at].x > places[at - 1].x && places[at].y >= places[at - 1].y);
  }
  assert.equal(scale([]), null);
});

test("one trace alone, and traces centuries apart, have room", () => {
  for (const traces of [[trace(0, 5)], [trace(0, 0), trace(0, 0)], [{ start: 0n, duration: 2n ** 64n - 1n }, trace(0, 1)]]) {
    const shown = scale(traces);
    for (const { x, y } of traces.map((one) => place(shown, one))) {
      assert.ok(x > 0 && x < 1 && y >= 0 && y <= 1, `${x} ${y}`);
    }
    assert.ok(durationTicks(shown).length >= 2);
    assert.ok(ticksOfTime(shown, 8).length <= 8);
  }
});

test("lines across are powers of ten, named as people name them", () => {
  const texts = durationTicks({ low: 2, high: 12 }).map(({ text }) => text);
  assert.deepEqual(texts, ["100 ns", "1 µs", "10 µs", "100 µs", "1 ms", "10 ms", "100 ms", "1 s", "10 s", "100 s", "1,000 s"]);
});

test("a region's filters hold what is in it and leave out what is not", () => {
  const traces = [trace(0, 90), trace(10, 1_000), trace(20, 33_333), trace(30, 2_000_000)];
  const shown = scale(traces);
  const [first, second, third, last] = traces.map((one) => place(shown, one));
  const middle = (a, b) => (a + b) / 2;
  const region = {
    left: middle(first.x, second.x), right: middle(third.x, last.x), bottom: middle(first.y, second.y), top: middle(third.y, last.y),
  };
  const { start, end, minDuration, maxDuration, lookback } = filtersOf(shown, region);
  assert.equal(lookback, "");
  const found = traces.filter((one) => {
    const micros = one.start / 1_000n;
    return micros >= BigInt(start) && micros <= BigInt(end);
  });
  assert.deepEqual(found, traces.slice(1, 3));
  assert.match(minDuration, /^\d+us$/);
  assert.match(maxDuration, /^\d+ms$/);
  // A region exactly round a point holds the point.
  const exact = filtersOf(shown, { left: second.x, right: second.x, bottom: second.y, top: second.y });
  assert.ok(BigInt(exact.start) <= BASE / 1_000n + 10_000_000n && BigInt(exact.end) >= BASE / 1_000n + 10_000_000n);
  assert.deepEqual([exact.minDuration, exact.maxDuration], ["1ms", "1ms"]);
});

test("a region as high as the plot says nothing of durations", () => {
  const { minDuration, maxDuration } = filtersOf(scale([trace(0, 5)]), { left: -1, right: 2, bottom: -0.1, top: 1.2 });
  assert.deepEqual([minDuration, maxDuration], ["", ""]);
});

test("the nearest point within reach is hit", () => {
  const points = [{ x: 10, y: 10 }, { x: 14, y: 10 }];
  assert.equal(nearest(points, 13, 11, 8), points[1]);
  assert.equal(nearest(points, 40, 40, 8), null);
});

test("times on the axis are round ones", () => {
  const noon = new Date(2024, 0, 31, 12, 0, 0).getTime();
  const texts = (from, to, count) => timeTicks(from, to, count).map(({ text }) => text);
  assert.deepEqual(texts(noon - 100, noon + 130_000, 6), ["12:00:00", "12:00:30", "12:01:00", "12:01:30", "12:02:00"]);
  assert.deepEqual(texts(noon, noon + 4, 5), ["12:00:00.000", "12:00:00.001", "12:00:00.002", "12:00:00.003", "12:00:00.004"]);
  assert.deepEqual(texts(noon, noon + 24 * 3_600_000, 5), ["12:00", "18:00", "02-01 00:00", "06:00", "12:00"]);
  assert.deepEqual(texts(noon, noon + 3 * 24 * 3_600_000, 3), ["2024-02-01", "2024-02-02", "2024-02-03"]);
});
