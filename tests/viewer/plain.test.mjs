// What is quick gives what is plain, for many small random inputs.

import assert from "node:assert/strict";
import { test } from "node:test";

import { numbers } from "../../bench/viewer/shapes.mjs";
import { align, groups } from "../../crates/collector/viewer/model/compare.js";
import { criticalPath, joined, sectionsByRank, selfTime } from "../../crates/collector/viewer/model/critical-path.js";
import { groupBy } from "../../crates/collector/viewer/model/group-by.js";
import { busiest } from "../../crates/collector/viewer/model/map-counts.js";
import { crossings, untangle } from "../../crates/collector/viewer/model/map-crossings.js";
import { layers } from "../../crates/collector/viewer/model/map-layers.js";
import { allCollapsed, opened, rowShowing, visibleRanks } from "../../crates/collector/viewer/model/rows.js";
import { difference, merge } from "../../crates/collector/viewer/model/summaries.js";
import { buildTree, childrenOf, levels, mainNode } from "../../crates/collector/viewer/model/tree.js";
import { trace, tree } from "./build.mjs";
import * as plain from "./plain.mjs";

const ROUNDS = 400;

/** Calls with whole numbers below a bound, from a seed of each round, which a failure names. */
function many(check) {
  for (let seed = 1; seed <= ROUNDS; seed += 1) {
    const next = numbers(seed);
    try {
      check((bound) => Math.floor(next() * bound));
    } catch (error) {
      error.message = `seed ${seed}: ${error.message}`;
      throw error;
    }
  }
}

/** Times that are often equal; parents that are missing, later, the span itself or in a circle. */
function randomSpans(below) {
  const spans = below(13);
  const names = ["a", "b", "c"];
  const isForest = below(2) === 0;
  return Array.from({ length: spans }, (_, index) => {
    const start = below(20);
    const parent = isForest ? below(index + 1) : below(spans + 3);
    return [index + 1, parent, start, start - 2 + below(15), { name: names[below(3)], service: names[below(2)], ...(below(4) === 0 ? { status: { code: 2 } } : {}) }];
  });
}

test("trees", () => {
  many((below) => {
    const { spans } = trace(...randomSpans(below));
    const nodes = buildTree(spans);
    assert.deepEqual(nodes.map(({ span, depth, place }) => [span.id, depth, place]), plain.tree(spans).map(([span, depth, place]) => [span.id, depth, place]));
    for (const { rank, size, errors } of nodes) {
      const isWithin = (node) => node && (node.rank === rank || isWithin(nodes[node.parent]));
      const within = nodes.filter(isWithin);
      assert.deepEqual([size, errors], [within.length, within.filter(({ span }) => span.isError).length]);
      assert.deepEqual(childrenOf(nodes, rank), nodes.filter(({ parent }) => parent === rank).map((node) => node.rank));
    }
    assert.equal(levels(nodes), Math.max(0, ...nodes.map(({ depth }) => depth + 1)));
  });
});

test("critical paths and self times", () => {
  many((below) => {
    const nodes = tree(...randomSpans(below));
    const sections = criticalPath(nodes);
    assert.deepEqual(sections, nodes.length === 0 ? [] : plain.criticalPath(nodes, mainNode(nodes).rank));
    const byRank = sectionsByRank(sections);
    assert.deepEqual([...byRank.keys()], [...new Set(sections.map(({ rank }) => rank))]);
    byRank.forEach((some, rank) => assert.deepEqual(some, sections.filter((section) => section.rank === rank)));
    nodes.forEach(({ rank, span }) => assert.equal(selfTime(nodes, rank), span.duration === null ? null : BigInt(plain.selfTime(nodes, rank))));
  });
});

test("sections that are drawn cover the same pixels", () => {
  many((below) => {
    const sections = [];
    for (let end = 60; end > 0; end -= 1 + below(9)) {
      const start = Math.max(end - below(6), 0);
      sections.push({ rank: 0, start, end });
      end = start;
    }
    const [from, gap] = [below(30), below(4)];
    const part = { from, to: from + 1 + below(40) };
    const drawn = joined(sections, part, gap);
    const within = sections.filter(({ start, end }) => end > part.from && start < part.to);
    const covers = (some, time) => some.some(({ start, end }) => start <= time && time < end);
    for (let time = 0; time < 60; time += 1) {
      // What is covered more than before lies in a gap that is too narrow to be seen.
      const between = within.some(({ start }) => start > time && start - time < gap) && within.some(({ end }) => end <= time && time - end < gap);
      assert.ok(covers(drawn, time) ? covers(within, time) || between : !covers(within, time));
    }
    drawn.slice(1).forEach(({ end }, index) => assert.ok(drawn[index].start - end >= gap));
  });
});

test("rows that are seen", () => {
  many((below) => {
    const nodes = tree(...randomSpans(below));
    const collapsed = new Set([...allCollapsed(nodes)].filter(() => below(2) === 0));
    const ranks = visibleRanks(nodes, collapsed);
    assert.deepEqual(ranks, plain.visibleRanks(nodes, collapsed));
    for (const { rank } of nodes) {
      assert.ok(visibleRanks(nodes, opened(nodes, collapsed, rank)).includes(rank));
      let shown = nodes[rank];
      while (!ranks.includes(shown.rank)) {
        shown = nodes[shown.parent];
      }
      assert.equal(ranks[rowShowing(ranks, rank)], shown.rank);
    }
  });
});

test("traces that are compared", () => {
  many((below) => {
    const [a, b] = [tree(...randomSpans(below)), tree(...randomSpans(below))];
    const [pathsA, pathsB] = [plain.paths(a), plain.paths(b)];
    const rows = align(a, b);
    assert.deepEqual(rows.filter((row) => row.a).map((row) => row.a.rank), a.map(({ rank }) => rank), "all of the first, in its order");
    assert.deepEqual(rows.filter((row) => row.b).map((row) => row.b.rank).sort((x, y) => x - y), b.map(({ rank }) => rank), "all of the second");
    for (const row of rows) {
      const path = row.a ? pathsA[row.a.rank] : pathsB[row.b.rank];
      assert.equal(row.depth, (row.a ?? row.b).depth);
      assert.deepEqual([row.a?.rank ?? -1, row.b?.rank ?? -1], [pathsA.indexOf(path), pathsB.indexOf(path)]);
    }
    const sum = (list, of) => list.reduce((all, node) => all + of(node), 0);
    for (const group of groups(a, b)) {
      for (const [side, nodes] of [["a", a], ["b", b]]) {
        const alike = nodes.filter(({ span }) => span.service === group.service && span.name === group.name);
        const known = alike.filter(({ span }) => span.duration !== null);
        const duration = known.length === 0 ? null : BigInt(sum(known, ({ span }) => Number(span.duration)));
        const expected = { spans: alike.length, errors: sum(alike, ({ span }) => Number(span.isError)), duration };
        assert.deepEqual(group[side], expected);
      }
    }
  });
});

test("maps of services", () => {
  many((below) => {
    const names = [..."abcdefgh"].slice(0, 1 + below(8));
    const pairs = new Set(Array.from({ length: below(14) }, () => `${names[below(names.length)]}${names[below(names.length)]}`));
    const calls = [...pairs].filter(([parent, child]) => parent !== child).map(([parent, child]) => ({ parent, child, callCount: below(5) }));
    const { columns, back } = layers(names, calls);
    assert.deepEqual(columns, plain.columns(names, calls, back));
    const counts = new Map(names.map((name) => [name, { traces: 1, spans: below(3) }]));
    const busy = (name) => [calls.filter(({ parent, child }) => [parent, child].includes(name)).reduce((sum, { callCount }) => sum + callCount, 0), counts.get(name).spans];
    const drawn = busiest(counts, calls, { services: 3, calls: 2 });
    const rest = names.filter((name) => !drawn.names.includes(name));
    assert.equal(drawn.names.length, Math.min(names.length, 3));
    const isLess = ([a, b], [c, d]) => a < c || (a === c && b <= d);
    rest.forEach((name) => drawn.names.forEach((other) => assert.ok(isLess(busy(name), busy(other)))));
    assert.ok(drawn.calls.every(({ parent, child }) => drawn.names.includes(parent) && drawn.names.includes(child)));
  });
});

test("lines that cross", () => {
  many((below) => {
    const columns = Array.from({ length: 1 + below(4) }, (_, column) => Array.from({ length: below(6) }, (_, slot) => `${column}.${slot}`));
    const any = (slots) => slots[below(slots.length)];
    const lines = columns.slice(1).flatMap((slots, column) => (slots.length * columns[column].length === 0 ? [] : Array.from({ length: below(9) }, () => ({ from: any(columns[column]), to: any(slots) }))));
    const right = groupBy(lines, ({ from }) => from, ({ to }) => to);
    assert.equal(crossings(columns, right), plain.crossings(columns, lines));
    const better = untangle(columns, lines);
    assert.deepEqual(better.map((slots) => [...slots].sort()), columns);
    assert.ok(plain.crossings(better, lines) <= plain.crossings(columns, lines));
  });
});

test("lists that change", () => {
  many((below) => {
    const one = () => ({ id: String(below(9)), start: BigInt(below(5)), listed: BigInt(below(5)), spans: below(3), errors: 0, duration: 1n, name: "n" });
    const distinct = (traces) => traces.filter(({ id }, at) => traces.findIndex((other) => other.id === id) === at);
    const [before, changed] = [distinct(Array.from({ length: below(8) }, one)), distinct(Array.from({ length: below(8) }, one))];
    const limit = below(10);
    const now = merge(before, changed, limit);
    const all = [...changed, ...before.filter(({ id }) => !changed.some((other) => other.id === id))];
    const isBefore = (a, b) => a.listed > b.listed || (a.listed === b.listed && a.id > b.id);
    assert.deepEqual(now, all.filter((one) => all.filter((other) => isBefore(other, one)).length < limit).sort((a, b) => (isBefore(a, b) ? -1 : 1)));
    const known = (id) => before.find((other) => other.id === id);
    const { added, changed: grown } = difference(before, now);
    assert.deepEqual([...added], now.filter(({ id }) => !known(id)).map(({ id }) => id));
    assert.deepEqual([...grown], now.filter(({ id, start, spans }) => known(id) && (known(id).start !== start || known(id).spans !== spans)).map(({ id }) => id));
  });
});
