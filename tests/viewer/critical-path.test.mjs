import assert from "node:assert/strict";
import { test } from "node:test";

import { criticalPath, selfTime } from "../../crates/collector/viewer/model/critical-path.js";
import { number, tree } from "./build.mjs";

/** [span, start, end], the first first. */
const path = (...spans) => {
  const nodes = tree(...spans);
  return criticalPath(nodes).map(({ rank, start, end }) => [number(nodes[rank]), start, end]).reverse();
};

test("a span alone is its own path", () => {
  assert.deepEqual(path([1, 0, 0, 10]), [[1, 0, 10]]);
  assert.deepEqual(path([1, 0, 0, 0]), []);
});

test("children one after the other are waited for one after the other", () => {
  assert.deepEqual(path([1, 0, 0, 100], [2, 1, 10, 40], [3, 1, 50, 90]), [[1, 0, 10], [2, 10, 40], [1, 40, 50], [3, 50, 90], [1, 90, 100]]);
});

test("of children at the same time, the last to end is waited for", () => {
  assert.deepEqual(path([1, 0, 0, 100], [2, 1, 10, 60], [3, 1, 20, 90]), [[1, 0, 20], [3, 20, 90], [1, 90, 100]]);
  // 2 ends before 3 starts to be waited for, 4 does not.
  assert.deepEqual(path([1, 0, 0, 100], [2, 1, 0, 15], [4, 1, 5, 30], [3, 1, 20, 90]), [[2, 0, 15], [1, 15, 20], [3, 20, 90], [1, 90, 100]]);
});

test("grandchildren are waited for within their parents", () => {
  assert.deepEqual(path([1, 0, 0, 100], [2, 1, 10, 90], [3, 2, 20, 80]), [[1, 0, 10], [2, 10, 20], [3, 20, 80], [2, 80, 90], [1, 90, 100]]);
});

test("children that outlive their parent, or start before it, are cut to it", () => {
  assert.deepEqual(path([1, 0, 10, 100], [2, 1, 50, 150]), [[1, 0, 40], [2, 40, 90]]);
  assert.deepEqual(path([1, 0, 10, 100], [2, 1, 0, 30]), [[2, 10, 30], [1, 30, 100]]);
  assert.deepEqual(path([1, 0, 0, 100], [2, 1, 120, 150]), [[1, 0, 100]]);
});

test("without gaps or overlaps, the path is as long as the root, at any depth", () => {
  const chain = Array.from({ length: 5_000 }, (_, index) => [index + 1, index, index, 20_000 - index]);
  const sections = path(...chain);
  assert.equal(sections.reduce((sum, [, start, end]) => sum + end - start, 0), 20_000);
  sections.slice(1).forEach(([, start], index) => assert.equal(start, sections[index][2]));
});

test("self time is what no child covers", () => {
  const nodes = tree([1, 0, 0, 100], [2, 1, 10, 40], [3, 1, 30, 60], [4, 1, 90, 200]);
  assert.equal(selfTime(nodes, 0), 40n);
  assert.equal(selfTime(nodes, 1), 30n);
  assert.equal(selfTime(tree([1, 0, 5, 0]), 0), null, "it is not known how long it took");
});

test("path and self time are exact to the nanosecond, however far a span of the trace is", () => {
  const T = 1_700_000_000_000_000_000n;
  // The first is 53 years long.
  const nodes = tree([1, 0, 1n, T + 100n], [2, 1, T + 10n, T + 15n], [3, 1, T + 20n, T + 90n], [4, 3, T + 20n, T + 21n]);
  assert.equal(selfTime(nodes, 0), T + 100n - 1n - 75n);
  const shown = criticalPath(nodes).map(({ rank, start, end }) => [number(nodes[rank]), start, end]).reverse();
  assert.deepEqual(shown.slice(1), [[2, 0, 5], [1, 5, 10], [4, 10, 11], [3, 11, 80], [1, 80, 90]], "from where most of it begins");
});
