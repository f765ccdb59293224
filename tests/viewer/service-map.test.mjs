import assert from "node:assert/strict";
import { test } from "node:test";

import { layers } from "../../crates/collector/viewer/model/map-layers.js";
import { layout } from "../../crates/collector/viewer/model/map-layout.js";

const SIZE = { width: 100, height: 40, across: 60, down: 20 };
const calls = (text) => text.split(" ").filter(Boolean).map((pair) => ({ parent: pair[0], child: pair[1] }));
const names = (calls) => [...new Set(calls.flatMap(({ parent, child }) => [parent, child]))].sort();
const columns = (text) => Object.fromEntries(layers(names(calls(text)), calls(text)).columns);

test("callers stand to the left of whom they call", () => {
  assert.deepEqual(columns("ab bc ac"), { a: 0, b: 1, c: 2 });
  assert.deepEqual(columns("ab ac bd cd"), { a: 0, b: 1, c: 1, d: 2 });
  assert.deepEqual(columns("ab bc cd xd"), { a: 0, b: 1, c: 2, d: 3, x: 2 }, "whom nobody calls stands beside its callee");
});

test("circles are opened at one call, and all services have their place", () => {
  for (const [text, back] of [["ab ba", 1], ["ab bc ca", 1], ["xa ab bc ca", 1], ["ab bc cb ca", 2], ["ab cd dc", 1]]) {
    const all = calls(text);
    const { columns, back: turned } = layers(names(all), all);
    assert.equal(turned.size, back, text);
    for (const call of all) {
      const step = columns.get(call.child) - columns.get(call.parent);
      assert.ok(turned.has(call) ? step < 0 : step > 0, `${text}: ${call.parent}${call.child}`);
    }
  }
});

test("no two boxes meet, and every call goes from its caller to whom it calls", () => {
  const all = [];
  const service = (number) => `service ${number}`;
  for (let number = 1; number < 30; number += 1) {
    all.push({ parent: service(Math.floor(number / 3)), child: service(number) });
    all.push({ parent: service(number), child: service((number * 7) % 30) });
  }
  const { nodes, edges, width, height } = layout(names(all), all, SIZE);
  assert.equal(nodes.length, 30);
  for (const [at, { x, y }] of nodes.entries()) {
    assert.ok(x >= 50 && x <= width - 50 && y >= 20 && y <= height - 20);
    for (const other of nodes.slice(at + 1)) {
      assert.ok(Math.abs(other.x - x) >= 100 || Math.abs(other.y - y) >= 40, "boxes are apart");
    }
  }
  const place = new Map(nodes.map(({ name, x, y }) => [name, { x, y }]));
  for (const { call, points } of edges) {
    assert.deepEqual([points[0], points.at(-1)], [place.get(call.parent), place.get(call.child)]);
  }
});

test("lines that need not cross do not", () => {
  const all = calls("ax by cz pc qb ra");
  const { nodes, edges } = layout(names(all), all, SIZE);
  assert.equal(nodes.length, 9);
  for (const one of edges) {
    for (const other of edges) {
      const above = (at) => Math.sign(one.points[at].y - other.points[at].y);
      assert.ok(one.points[0].x !== other.points[0].x || above(0) * above(1) >= 0);
    }
  }
});

test("nothing, and services that call nobody, can be drawn", () => {
  assert.deepEqual(layout([], [], SIZE), { nodes: [], edges: [], width: 0, height: 0 });
  const { nodes, height } = layout(["a", "b", "c", "d", "e", "x", "y"], calls("xy"), SIZE);
  const [below, above] = [nodes.slice(0, 5), nodes.slice(5)];
  assert.ok(below.every(({ y }) => above.every((other) => y - other.y >= 40)), "below whom others call");
  assert.equal(new Set(below.map(({ x, y }) => `${x} ${y}`)).size, 5);
  assert.ok(below.every(({ y }) => y + 20 <= height));
});

test("a chain of ten thousand services is no problem", () => {
  const names = Array.from({ length: 10_000 }, (_, at) => `s${at}`);
  const all = names.slice(1).map((child, at) => ({ parent: names[at], child }));
  const { columns, back } = layers(names, all);
  assert.deepEqual([columns.get("s9999"), back.size], [9_999, 0]);
  assert.equal(layers([...names].reverse(), all).columns.get("s9999"), 9_999);
});
