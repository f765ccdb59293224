import assert from "node:assert/strict";
import { test } from "node:test";

import { serviceCounts } from "../../crates/collector/viewer/model/map-counts.js";
import { difference, isAhead, longest, merge, sorted, summary } from "../../crates/collector/viewer/model/summaries.js";

const trace = (id, start, { duration = 1, spans = 1, errors = 0, services = [], listed } = {}) =>
  summary({
    traceId: id, root: { name: id, service: "web", missing: false }, startTimeUnixNano: `${start}`, durationNano: `${duration}`,
    ...(listed && { listedUnixNano: `${listed}` }),
    spanCount: spans, errorCount: errors, serviceCount: services.length, services,
  });
const ids = (traces) => traces.map(({ id }) => id).join("");

test("a trace that has grown is in the place of what it was, new ones are where they belong", () => {
  const before = [trace("c", 30), trace("b", 20), trace("a", 10)];
  const now = merge(before, [trace("b", 20, { spans: 2 }), trace("d", 25), trace("e", 40)], 10);
  assert.equal(ids(now), "ecdba");
  const { added, changed } = difference(before, now);
  assert.deepEqual([[...added], [...changed]], [["e", "d"], ["b"]]);
});

test("a trace whose clock is ahead has the place of its arrival", () => {
  const traces = [trace("a", 10), trace("z", 2n ** 64n - 1n, { listed: 20 }), trace("b", 30)];
  assert.equal(ids(merge([], traces, 10)), "bza");
  assert.deepEqual(traces.map(isAhead), [false, true, false]);
});

test("the oldest leave when there are too many", () => {
  const before = [trace("c", 30), trace("b", 20), trace("a", 10)];
  assert.equal(ids(merge(before, [trace("d", 40)], 3)), "dcb");
  assert.equal(ids(merge(before, [trace("0", 5)], 3)), "cba", "one that is older than all does not enter");
  assert.equal(ids(merge([], [], 3)), "");
});

test("every order is one that does not change by itself", () => {
  const traces = [
    trace("a", 1, { duration: 5, spans: 1, errors: 2 }), trace("b", 2, { duration: 9, spans: 3 }),
    trace("c", 3, { duration: 5, spans: 3, errors: 2 }), trace("d", 3, { duration: 1, spans: 2 }),
  ];
  for (const [sort, expected] of [["newest", "dcba"], ["longest", "bcad"], ["spans", "cbda"], ["errors", "cadb"]]) {
    assert.equal(ids(sorted(traces, sort)), expected, sort);
    assert.equal(ids(sorted([...traces].reverse(), sort)), expected, sort);
  }
});

test("times beyond what JavaScript counts to are exact", () => {
  const [later, earlier] = [trace("a", "1700000000000000002"), trace("b", "1700000000000000001")];
  assert.equal(ids(merge([], [earlier, later], 1)), "a");
});

test("what its collector does not know of a trace is not shown as a number", () => {
  const [unset, counted, usual] = [trace("a", 0, { duration: "1700000000000000000" }), trace("b", 0, { duration: 500 }), trace("c", 1, { duration: 7 })];
  assert.deepEqual([unset.start, unset.duration], [null, null]);
  assert.deepEqual([counted.start, counted.duration], [0n, 500n], "its spans count from 0");
  assert.deepEqual([trace("d", 0, { duration: 0 }).start, usual.start], [null, 1n]);
  for (const [sort, expected] of [["newest", "cba"], ["longest", "bca"]]) {
    assert.equal(ids(sorted([unset, counted, usual], sort)), expected);
    assert.equal(ids(sorted([usual, counted, unset], sort)), expected);
  }
});

test("one trace of centuries leaves the bars of others their length", () => {
  const usual = Array.from({ length: 30 }, (_, at) => trace(`${at}`, at, { duration: 1_000_000 * (at + 1) }));
  const most = trace("x", 1, { duration: "18446744073709551615" });
  assert.equal(longest([...usual, most]), 30_000_000);
  assert.equal(longest([...usual, trace("y", 1, { duration: 30_000_000 * 101 })]), 30_000_000, "a hundred times as long as all others");
  assert.equal(longest([...usual, trace("y", 1, { duration: 30_000_000 * 99 })]), 30_000_000 * 99);
  assert.equal(longest([most]), 2 ** 64);
  assert.equal(longest([]), 1);
});

test("services are counted in all traces, callers of none too", () => {
  const traces = [
    trace("a", 1, { services: [{ name: "web", spans: 2 }, { name: "db", spans: 1 }] }),
    trace("b", 2, { services: [{ name: "web", spans: 3 }, { name: "__proto__", spans: 1 }] }),
  ];
  const counts = serviceCounts(traces, [{ parent: "web", child: "far" }]);
  assert.deepEqual([...counts], [
    ["__proto__", { traces: 1, spans: 1 }], ["db", { traces: 1, spans: 1 }], ["far", { traces: 0, spans: 0 }],
    ["web", { traces: 2, spans: 5 }],
  ]);
});
