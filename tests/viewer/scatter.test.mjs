import assert from "node:assert/strict";
import { test } from "node:test";

import { searchedTime } from "../../crates/collector/viewer/model/filters.js";
import { durationTicks, filtersOf, nearest, place, scale as scaleOf, ticksOfTime } from "../../crates/collector/viewer/model/scatter-scale.js";
import { timeTicks } from "../../crates/collector/viewer/model/time-ticks.js";

const BASE = 1_700_000_000_000_000_000n;
const NOW = BASE + 3_600_000_000_000n;
const NOTHING = { from: null, to: null };
const scale = (traces, searched = NOTHING) => scaleOf(traces, searched, NOW);
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

test("one trace alone has room", () => {
  for (const traces of [[trace(0, 5)], [trace(0, 0), trace(0, 0)]]) {
    const shown = scale(traces);
    for (const { x, y } of traces.map((one) => place(shown, one))) {
      assert.ok(x > 0 && x < 1 && y >= 0 && y <= 1, `${x} ${y}`);
    }
    assert.ok(durationTicks(shown).length >= 2);
    assert.ok(ticksOfTime(shown, 8).length <= 8);
  }
});

test("traces whose times cannot be, or are far from all others, are at the edge and leave the others their room", () => {
  const usual = Array.from({ length: 10 }, (_, at) => trace(at, 1_000 * (at + 1)));
  const last = 2n ** 64n - 1n;
  const far = [
    [{ start: 1n, duration: 5n }, "left"], [{ start: last, duration: 0n }, "right"], [{ start: BASE, duration: last - BASE }, "up"],
    [{ start: null, duration: null }, "left"], [{ start: NOW + 2n * 86_400_000_000_000n, duration: 1_000_000n }, "right"],
    [{ start: BASE - 86_400_000_000_000n, duration: 1_000_000n }, "left"],
  ];
  const alone = scale(usual);
  for (const some of [far.slice(0, 1), far.slice(1, 2), far.slice(2, 3), far.slice(3, 4), far.slice(4, 5), far.slice(5), far]) {
    const shown = scale([...usual, ...some.map(([one]) => one)]);
    assert.deepEqual([shown.from, shown.to, shown.high], [alone.from, alone.to, alone.high]);
    assert.ok(place(shown, usual[9]).x - place(shown, usual[0]).x > 0.9);
    for (const [one, way] of some) {
      const { x, y, beyond } = place(shown, one);
      assert.equal(beyond, way);
      assert.ok(x >= 0 && x <= 1 && y >= 0 && y <= 1 && [x, y].some((share) => share === (way === "left" ? 0 : 1)));
    }
    usual.forEach((one) => assert.equal(place(shown, one).beyond, null));
  }
});

test("what comes in is on the plot, and where nothing is likely everything is", () => {
  const old = Array.from({ length: 50 }, (_, at) => trace(-86_400 * 5 + at, 10));
  assert.equal(place(scale([...old, trace(0, 10)]), trace(0, 10)).beyond, null);
  const odd = [{ start: 5n, duration: 1n }, { start: 500n, duration: 1n }, { start: 2n ** 64n - 1n, duration: 2n ** 63n }];
  for (const traces of [odd, odd.slice(2), [{ start: null, duration: null }]]) {
    const shown = scale(traces);
    assert.ok(shown.to > shown.from && shown.high > shown.low);
    traces.map((one) => place(shown, one)).forEach(({ x, y }) => assert.ok(x >= 0 && x <= 1 && y >= 0 && y <= 1));
  }
});

test("the time that is searched is the time that is shown, but where its traces would have no room in it", () => {
  const traces = [trace(600, 10), trace(900, 20)];
  const asked = (filters) => searchedTime({ start: "", end: "", lookback: "", ...filters }, NOW);
  const micros = (seconds) => `${(BASE + BigInt(seconds) * 1_000_000_000n) / 1_000n}`;
  const shown = (filters) => {
    const { from, to } = scale(traces, asked(filters));
    return [Number(from - BASE) / 1e9, Number(to - BASE) / 1e9];
  };
  assert.deepEqual(shown({ start: micros(500), end: micros(1_000) }), [500, 1_000]);
  assert.deepEqual(shown({ lookback: "1h" }), [0, 3_600]);
  assert.deepEqual(shown({ start: micros(500) }), [500, 3_600], "until now");
  assert.deepEqual(shown({ end: micros(1_000) }), [600, 1_000]);
  for (const filters of [{}, { start: "0" }, { start: "1", end: "18446744073709551" }, { lookback: "1w" }, { lookback: "soon" }]) {
    assert.deepEqual(shown(filters), [594, 906], JSON.stringify(filters));
  }
  assert.equal(place(scale(traces, asked({ start: micros(700), end: micros(1_000) })), traces[0]).beyond, "left");
});

test("lines across are named as people name them, and as many as have room", () => {
  const texts = (low, high, apart) => durationTicks({ low, high }, apart).map(({ text }) => text);
  assert.deepEqual(texts(2, 12), ["100 ns", "1 µs", "10 µs", "100 µs", "1 ms", "10 ms", "100 ms", "1 s", "10 s", "1 min", "10 min"]);
  assert.deepEqual(texts(12, 20), ["1 h", "1 d", "10 d", "100 d", "1,000 d", "10,000 d", "100,000 d", "1,000,000 d"]);
  const lines = durationTicks({ low: 0, high: 20 }, 0.1);
  lines.slice(1).forEach(({ y }, at) => assert.ok(y - lines[at].y >= 0.1));
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
  assert.deepEqual(texts(noon, noon + 130 * 24 * 3_600_000, 6), ["2024-02", "2024-03", "2024-04", "2024-05", "2024-06"]);
  assert.deepEqual(texts(0, 1.8e13, 8), ["2000", "2100", "2200", "2300", "2400", "2500"]);
  assert.deepEqual(texts(noon, noon + 5 * 365 * 24 * 3_600_000, 6), ["2025", "2026", "2027", "2028", "2029"]);
});

test("the clocks that are put forward and back move no line from its hour or its day", () => {
  const zone = process.env.TZ;
  try {
    process.env.TZ = "Europe/Berlin";
    const hour = 3_600_000;
    for (const [month, day] of [[2, 30], [9, 26]]) {
      const from = new Date(2024, month, day - 1, 23, 30).getTime();
      assert.deepEqual(timeTicks(from, from + 40 * hour, 8).map(({ text }) => text.slice(-5)), ["00:00", "06:00", "12:00", "18:00", "00:00", "06:00", "12:00"]);
      const days = timeTicks(from, from + 5 * 24 * hour, 5).map(({ millis, text }) => [new Date(millis).getHours(), Number(text.slice(-2))]);
      assert.deepEqual(days.map(([hours]) => hours), [0, 0, 0, 0, 0]);
      assert.equal(new Set(days.map(([, date]) => date)).size, 5);
    }
  } finally {
    if (zone === undefined) {
      delete process.env.TZ;
    } else {
      process.env.TZ = zone;
    }
  }
});
