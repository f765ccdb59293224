// However wide or deep a trace is, nothing is too long for an engine's stack or looked at again and again. How the time of each
// function grows is for bench/viewer/model.mjs to say.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { test } from "node:test";

import { SHAPES } from "../../bench/viewer/shapes.mjs";
import { resourceSpans } from "../../bench/viewer/spans.mjs";
import { align, groups } from "../../crates/collector/viewer/model/compare.js";
import { criticalPath, joined, sectionsByRank, selfTime } from "../../crates/collector/viewer/model/critical-path.js";
import { ticks } from "../../crates/collector/viewer/model/duration-ticks.js";
import { layers } from "../../crates/collector/viewer/model/map-layers.js";
import { layout } from "../../crates/collector/viewer/model/map-layout.js";
import { readTrace } from "../../crates/collector/viewer/model/otlp.js";
import { allCollapsed, opened, visibleRanks } from "../../crates/collector/viewer/model/rows.js";
import { buildTree, childrenOf, levels, mainNode } from "../../crates/collector/viewer/model/tree.js";
import { warnings } from "../../crates/collector/viewer/model/warnings.js";

/** More than an engine takes as arguments of one call. */
const MANY = 150_000;
const TRACE = "1".padStart(32, "0");

const resources = (shape, spans) => resourceSpans(SHAPES[shape](spans), TRACE, 1_700_000_000_000_000_000n);

for (const shape of ["flat", "deep"]) {
  test(`a trace of ${MANY} spans that is ${shape}`, () => {
    const trace = readTrace(resources(shape, MANY));
    const nodes = buildTree(trace.spans);
    const sections = criticalPath(nodes);
    const [main] = nodes;
    assert.equal(main.size, MANY);
    assert.equal(sections.reduce((sum, { start, end }) => sum + end - start, 0), Number(main.span.duration), "all of the root is waited for");
    const byRank = sectionsByRank(sections);
    assert.equal([...byRank.values()].reduce((sum, { length }) => sum + length, 0), sections.length);
    const drawn = joined(byRank.get(0) ?? [], trace.usual, (trace.usual.to - trace.usual.from) / 1_000);
    assert.ok(drawn.length <= 1_000, `${drawn.length} boxes in a row`);
    assert.ok(selfTime(nodes, 0) >= 0);
    assert.deepEqual(visibleRanks(nodes, allCollapsed(nodes)), [0]);
    assert.equal(opened(nodes, allCollapsed(nodes), MANY - 1).has(0), false);
    assert.equal(levels(nodes), shape === "deep" ? MANY : 2);
    assert.equal(align(nodes, nodes).length, MANY);
    assert.equal(groups(nodes, nodes).length, MANY);
    assert.deepEqual(nodes.flatMap((node) => warnings(nodes, node)), []);
  });
}

test(`${MANY} services that are called by one, by each other, or not at all`, () => {
  const size = { width: 10, height: 10, across: 5, down: 5 };
  const names = Array.from({ length: MANY }, (_, index) => `service ${index}`);
  const [first, ...others] = names;
  const star = others.map((child) => ({ parent: first, child }));
  const chain = others.map((child, index) => ({ parent: names[index], child }));
  // The first calls all of the chain: lines past thousands of others.
  const skipping = [...chain, ...star.slice(1)];
  for (const [calls, last] of [[star, 1], [skipping, MANY - 1], [[], 0]]) {
    assert.equal(layers(names, calls).columns.get(names.at(-1)), last);
    const { nodes, edges } = layout(names, calls, size);
    assert.deepEqual([nodes.length, edges.length], [MANY, calls.length]);
    assert.ok(edges.reduce((sum, { points }) => sum + points.length, 0) <= 2 * calls.length + 10_000, "places to pass by are bounded");
  }
});

test("an axis has few marks even where numbers do not tell nanoseconds apart", () => {
  assert.ok(ticks({ from: 1.7e18, to: 1.7e18 + 512 }, 8).times.length <= 9);
});

// A quick function looks at a node a few times, whatever is around it.
test("each node is looked at a few times only", () => {
  const size = 3_000;
  for (const shape of Object.keys(SHAPES)) {
    const plain = buildTree(readTrace(resources(shape, size)).spans);
    for (const look of [mainNode, levels, allCollapsed, criticalPath, (nodes) => childrenOf(nodes, 0), (nodes) => selfTime(nodes, 0),
      (nodes) => visibleRanks(nodes, new Set()), (nodes) => opened(nodes, new Set(), size - 1), (nodes) => align(nodes, nodes), (nodes) => groups(nodes, nodes),
      (nodes) => nodes.forEach((node) => warnings(nodes, node))]) {
      let looks = 0;
      const get = (nodes, key) => {
        looks += typeof key === "string" && /^\d+$/.test(key) ? 1 : 0;
        return nodes[key];
      };
      look(new Proxy(plain, { get }));
      assert.ok(looks <= 12 * size, `${look}: ${looks} looks at ${size} nodes, ${shape}`);
    }
  }
});

const VIEWER = fileURLToPath(new URL("../../crates/collector/viewer", import.meta.url));

// `push(...all)` and `Math.max(...all)` put the list on the stack: engines refuse that from some 125,000 elements on.
test("no call takes a list apart", () => {
  const scripts = readdirSync(VIEWER, { recursive: true }).filter((name) => name.endsWith(".js"));
  assert.ok(scripts.length > 50);
  const found = scripts.flatMap((name) => callsWithSpread(readFileSync(join(VIEWER, name), "utf8")).map((call) => `${name}: ${call}`));
  assert.deepEqual(found, []);
  const sample = "f(...a); g(1, ...b); [...c]; h([...d], { ...e }); (...i) => 1; function j(k, ...l) {} m.apply(n, o); ({ p(...q) {} })";
  assert.deepEqual(callsWithSpread(sample), ["(...a)", "(1, ...b)", ".apply("]);
});

/** Parentheses with a spread right in them that are no list of parameters. Brackets in texts are taken for brackets. */
function callsWithSpread(text) {
  const found = [];
  for (const { index } of text.matchAll(/\.\.\.(?=[\w("[])/g)) {
    const begin = bracket(text, index - 1, -1);
    const end = bracket(text, index, 1);
    if (text[begin] === "(" && !/^\s*(=>|\{)/.test(text.slice(end + 1))) {
      found.push(text.slice(begin, end + 1));
    }
  }
  return [...found, ...(text.match(/\.apply\(/g) ?? [])];
}

/** Where the bracket is that is open at this place, or closes it. */
function bracket(text, from, step) {
  const [opening, closing] = step < 0 ? [")]}", "([{"] : ["([{", ")]}"];
  let depth = 0;
  for (let at = from; at >= 0 && at < text.length; at += step) {
    if (opening.includes(text[at])) {
      depth += 1;
    } else if (closing.includes(text[at])) {
      if (depth === 0) {
        return at;
      }
      depth -= 1;
    }
  }
  return -1;
}
