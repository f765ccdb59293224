import assert from "node:assert/strict";
import { test } from "node:test";

import { ticks, tickText } from "../../crates/collector/viewer/model/duration-ticks.js";
import { eventTime, readTrace } from "../../crates/collector/viewer/model/otlp.js";
import { warnings } from "../../crates/collector/viewer/model/warnings.js";
import { duration } from "../../crates/collector/viewer/shared/format.js";
import { trace, tree } from "./build.mjs";

const T = 1_700_000_000_000_000_000n;
const LAST = 2n ** 64n - 1n;
const [MS, HOUR] = [1_000_000n, 3_600_000_000_000n];
const named = (read) => Object.fromEntries(read.spans.map((span) => [parseInt(span.id, 16), span]));

/** A root of 300 ms with spans of 5 ns, 300 ns, 1 µs and 200 ms. */
const USUAL = [
  [1, 0, T, T + 300n * MS], [2, 1, T + 10n, T + 15n], [3, 1, T + 400n, T + 700n], [4, 1, T + 1_000n, T + 2_000n], [5, 1, T + 50n * MS, T + 250n * MS],
];

test("durations are exact whatever else is in the trace", () => {
  for (const other of [[9, 1, 1n, 6n], [9, 1, LAST, LAST], [9, 0, 1n, LAST], [9, 1, 0n, 0n], [9, 1, 0n, T], [9, 1, T, 0n]]) {
    const spans = named(trace(...USUAL, other));
    assert.deepEqual([1, 2, 3, 4, 5].map((id) => duration(spans[id].duration)), ["300 ms", "5 ns", "300 ns", "1.00 µs", "200 ms"]);
    // What is drawn is exact, too.
    assert.deepEqual([2, 3, 4].map((id) => [spans[id].start, spans[id].end]), [[10, 15], [400, 700], [1_000, 2_000]]);
  }
});

test("of any times, durations and their texts are those of 64-bit integers", () => {
  const some = (bits) => BigInt.asUintN(bits, (BigInt(Math.floor(Math.random() * 2 ** 32)) << 32n) | BigInt(Math.floor(Math.random() * 2 ** 32)));
  for (let round = 0; round < 200; round += 1) {
    const sent = Array.from({ length: 20 }, (_, at) => {
      const start = at % 3 === 0 ? some(64) || 1n : T + some(1 + Math.floor(Math.random() * 50));
      const end = start + some(1 + Math.floor(Math.random() * 63));
      return [at + 1, at === 0 ? 0 : 1, start, end > LAST ? LAST : end];
    });
    const read = trace(...sent);
    const spans = named(read);
    for (const [id, , start, end] of sent) {
      assert.equal(spans[id].duration, end - start);
      assert.equal(duration(spans[id].duration), duration(BigInt(end) - BigInt(start)));
      assert.equal(spans[id].startNano - read.start >= 0n, true);
    }
    const [first, last] = [sent.map(([, , start]) => start), sent.map(([, , , end]) => end)];
    assert.equal(read.duration, last.reduce((a, b) => (a > b ? a : b)) - first.reduce((a, b) => (a < b ? a : b)));
  }
});

test("one span that is far from all others does not take the scale", () => {
  for (const [other, from, to] of [
    [[9, 1, 1n, 6n], -Number(T - 1n), 3e8], [[9, 1, LAST, LAST], 0, Number(LAST - T)], [[9, 1, 1n, LAST], -Number(T - 1n), Number(LAST - T)],
    [[9, 1, T + 8n * HOUR, T + 8n * HOUR + 5n], 0, Number(8n * HOUR + 5n)], [[9, 1, T - 8n * HOUR, T - 7n * HOUR], -Number(8n * HOUR), 3e8],
  ]) {
    const read = trace(...USUAL, other);
    assert.deepEqual([read.usual, read.whole, read.far, read.origin], [{ from: 0, to: 3e8 }, { from, to }, 1, T], String(other));
  }
  // A root that is long, and one with times that no clock has said.
  assert.deepEqual(trace([1, 0, T, T + 10n * HOUR], ...USUAL.slice(1)).usual, { from: 0, to: Number(10n * HOUR) });
  const odd = trace([1, 0, 1n, T + 300n * MS], ...USUAL.slice(1));
  assert.deepEqual([odd.usual, odd.far], [{ from: 0, to: Number(250n * MS - 10n) }, 1]);
  // Long ones among short ones, and those that are a part of the trace, are not left out.
  assert.equal(trace(...USUAL.slice(1)).far, 0);
  const late = USUAL.map(([id, parent, start, end]) => [id + 10, parent, start + HOUR, end + HOUR]);
  assert.equal(trace(...USUAL, ...late).far, 0);
  assert.equal(trace([1, 0, T, T + 20n * MS], [2, 1, T + 1_000n * MS, T + 1_001n * MS]).far, 0);
});

test("times that are not set are none", () => {
  const read = trace(...USUAL, [6, 1, 0n, T + 100n * MS], [7, 1, T + 100n * MS, 0n], [8, 1, 0n, 0n]);
  const spans = named(read);
  assert.deepEqual([6, 7, 8].map((id) => [spans[id].hasStart, spans[id].hasEnd, spans[id].duration, spans[id].start, spans[id].end]), [
    [false, true, null, 1e8, 1e8], [true, false, null, 1e8, 1e8], [false, false, null, 0, 0],
  ]);
  assert.deepEqual([read.start, read.duration, read.far], [T, 300n * MS, 0]);
  const lacking = tree(...USUAL, [6, 1, 0n, T + 100n * MS], [7, 1, T + 100n * MS, 0n], [8, 1, 0n, 0n]);
  const said = Object.fromEntries(lacking.map((node) => [parseInt(node.span.id, 16), warnings(lacking, node).join(" ")]));
  assert.equal(said[6], "It has no start: how long it took is not known.");
  assert.equal(said[7], "It has no end: how long it took is not known.");
  assert.equal(said[8], "It has no start and no end: how long it took is not known.");
  const none = readTrace([{ scopeSpans: [{ spans: [{ spanId: "1" }, { spanId: "2", startTimeUnixNano: "0" }] }] }]);
  assert.deepEqual([none.start, none.duration, none.usual, none.far], [null, null, { from: 0, to: 0 }, 0]);
  assert.deepEqual([trace([1, 0, T, 0n]).start, trace([1, 0, T, 0n]).duration], [T, null]);
});

test("in a trace that counts from 0, 0 is a time", () => {
  const read = trace([1, 0, 0n, 100n], [2, 1, 0n, 0n], [3, 1, 5n, 0n]);
  assert.deepEqual(read.spans.map(({ duration }) => duration), [100n, 0n, null]);
  assert.deepEqual([read.start, read.duration], [0n, 100n]);
});

test("an event says when it was, or that it does not", () => {
  const { spans: [span] } = trace([1, 0, T, T + 5n]);
  assert.equal(eventTime(span, { timeUnixNano: String(T + 3n) }), T + 3n);
  assert.deepEqual([eventTime(span, {}), eventTime(span, { timeUnixNano: "0" })], [null, null]);
  const { spans: [counted] } = trace([1, 0, 0n, 5n]);
  assert.equal(eventTime(counted, {}), 0n);
});

test("an axis has round times, up to hours and days", () => {
  const words = (from, to, most) => {
    const { step, times } = ticks({ from, to }, most);
    return times.map((time) => tickText(time, step));
  };
  const [second, minute, hour, day] = [1e9, 60e9, 3600e9, 86_400e9];
  for (const [from, to, most, expected] of [
    [0, second, 5, ["0", "200 ms", "400 ms", "600 ms", "800 ms", "1.0 s"]],
    [1_500_000, 1_500_300, 3, ["1.5000 ms", "1.5001 ms", "1.5002 ms", "1.5003 ms"]],
    [0, 3 * minute, 3, ["0", "1 min", "2 min", "3 min"]],
    [0, 2 * minute, 4, ["0", "30 s", "1 min", "1 min 30 s", "2 min"]],
    [0, 5 * hour, 5, ["0", "1 h", "2 h", "3 h", "4 h", "5 h"]],
    [0, 2 * day, 4, ["0", "12 h", "1 d", "1 d 12 h", "2 d"]],
    [0, 584 * 365 * day, 4, ["0", "100,000 d", "200,000 d"]],
    [2 * hour, 2 * hour + 4e6, 4, ["2 h", "2 h 0.001 s", "2 h 0.002 s", "2 h 0.003 s", "2 h 0.004 s"]],
    [-2 * day, day, 3, ["−2 d", "−1 d", "0", "1 d"]],
  ]) {
    assert.deepEqual(words(from, to, most), expected);
  }
  assert.ok(ticks({ from: 0, to: 1 }, 10).times.length <= 2);
});

test("on no axis there is a mark of so many units that there is a larger one, or two with the same words", () => {
  for (let power = 1; power <= 64; power += 1) {
    for (const most of [2, 5, 11]) {
      const { step, times } = ticks({ from: 0, to: 2 ** power * (1 + Math.random()) }, most);
      const words = times.map((time) => tickText(time, step));
      assert.equal(new Set(words).size, words.length, words.join(" | "));
      assert.ok(times.length <= most + 1);
      for (const [, number, unit] of words.join(" ").matchAll(/([\d,.]+) (ns|µs|ms|s|min|h)\b/g)) {
        assert.ok(Number(number) < { ns: 1000, "µs": 1000, ms: 1000, s: 60, min: 60, h: 24 }[unit], words.join(" | "));
      }
    }
  }
});
