import assert from "node:assert/strict";
import { test } from "node:test";

import { allCollapsed, nextOf, opened, placeOf, rowShowing, visibleRanks } from "../../crates/collector/viewer/model/rows.js";
import { childrenOf, levels, mainNode } from "../../crates/collector/viewer/model/tree.js";
import { failed, number, tree } from "./build.mjs";

const shape = (nodes) => nodes.map((node) => [number(node), node.depth, node.place]);

test("children follow their parents by start, in whatever order they came", () => {
  const expected = [[1, 0, "root"], [3, 1, "child"], [4, 2, "child"], [2, 1, "child"]];
  assert.deepEqual(shape(tree([4, 3, 15, 16], [2, 1, 20, 21], [3, 1, 10, 19], [1, 0, 5, 30])), expected);
  const ids = (...spans) => shape(tree(...spans)).map(([id]) => id);
  assert.deepEqual(ids([3, 1, 0, 0], [2, 1, 0, 0], [1, 0, 0, 0]), [1, 3, 2], "equal times: as they came");
  assert.deepEqual(ids([3, 1, 0, 2], [2, 1, 0, 1], [1, 0, 0, 2]), [1, 2, 3], "equal starts: as they ended");
});

test("orphans stand at the top with their children", () => {
  const nodes = tree([1, 0, 9, 10], [2, 77, 5, 8], [3, 2, 6, 7]);
  assert.deepEqual(shape(nodes), [[2, 0, "orphan"], [3, 1, "child"], [1, 0, "root"]]);
  assert.equal(number(mainNode(nodes)), 1);
});

test("a cycle begins at its earliest span and keeps its branches", () => {
  assert.deepEqual(shape(tree([1, 1, 0, 1])), [[1, 0, "cycle"]]);
  // 4 hangs on the cycle 1 -> 2 -> 3 -> 1 and is older than all of it.
  const expected = [[9, 0, "root"], [2, 0, "cycle"], [4, 1, "child"], [3, 1, "child"], [1, 2, "child"]];
  assert.deepEqual(shape(tree([1, 3, 7, 8], [2, 1, 6, 8], [3, 2, 8, 9], [4, 2, 1, 2], [9, 0, 20, 21])), expected);
  assert.equal(tree([1, 2, 0, 1], [2, 1, 0, 1], [5, 6, 1, 2], [6, 5, 2, 3]).length, 4);
});

test("depth and breadth are not bounded by the stack", () => {
  const deep = tree(...Array.from({ length: 10_000 }, (_, index) => [index + 1, index, 0, 10]));
  assert.equal(levels(deep), 10_000);
  assert.equal(deep[0].size, 10_000);
  const wide = tree([1, 0, 0, 10], ...Array.from({ length: 10_000 }, (_, index) => [index + 2, 1, index, index]));
  assert.equal(childrenOf(wide, 0).length, 10_000);
});

test("errors are counted in all that is above them", () => {
  const nodes = tree([1, 0, 0, 10], [2, 1, 1, 5], [3, 2, 2, 3, failed], [4, 1, 6, 7, failed]);
  assert.deepEqual(nodes.map(({ errors }) => errors), [2, 1, 1, 1]);
});

test("what is collapsed hides what is below it, and opens on the way to a span", () => {
  const nodes = tree([1, 0, 0, 10], [2, 1, 1, 5], [3, 2, 2, 3], [4, 1, 6, 7]);
  const collapsed = new Set([1]);
  const ranks = visibleRanks(nodes, collapsed);
  assert.deepEqual(ranks, [0, 1, 3]);
  assert.equal(placeOf(ranks, 3), 2);
  assert.ok(placeOf(ranks, 2) < 0);
  assert.equal(rowShowing(ranks, 2), 1, "its parent shows that it is there");
  assert.deepEqual(visibleRanks(nodes, opened(nodes, collapsed, 2)), [0, 1, 2, 3]);
  assert.deepEqual(visibleRanks(nodes, allCollapsed(nodes)), [0]);
});

test("jumps go around the end", () => {
  assert.equal(nextOf([2, 5, 9], 5, 1), 9);
  assert.equal(nextOf([2, 5, 9], 9, 1), 2);
  assert.equal(nextOf([2, 5, 9], 3, 1), 5);
  assert.equal(nextOf([2, 5, 9], 3, -1), 2);
  assert.equal(nextOf([2, 5, 9], -1, 1), 2);
  assert.equal(nextOf([2, 5, 9], -1, -1), 9);
  assert.equal(nextOf([], 0, 1), null);
});
