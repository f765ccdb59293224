// How the time of each function of the viewer's model grows with what it is given: one line each, for both sizes and the shape that
// takes longest. Ten times as much takes ten to fifty times as long (n log n, and what no cache of the processor holds); what grows
// with the square takes a hundred times as long and more, and ends this with an error. Node.js 20.19 or later:
//
//     node bench/viewer/model.mjs
//     node bench/viewer/model.mjs 10000 100000

import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

import { align, groups, verdict } from "../../crates/collector/viewer/model/compare.js";
import { criticalPath, joined, sectionsByRank, selfTime } from "../../crates/collector/viewer/model/critical-path.js";
import { ticks } from "../../crates/collector/viewer/model/duration-ticks.js";
import { readFilters, writeFilters } from "../../crates/collector/viewer/model/filters.js";
import { matcher } from "../../crates/collector/viewer/model/find.js";
import { busiest, serviceCounts } from "../../crates/collector/viewer/model/map-counts.js";
import { layers } from "../../crates/collector/viewer/model/map-layers.js";
import { layout } from "../../crates/collector/viewer/model/map-layout.js";
import { readTrace } from "../../crates/collector/viewer/model/otlp.js";
import { assign } from "../../crates/collector/viewer/model/palette.js";
import { allCollapsed, nextOf, opened, rowShowing, visibleRanks } from "../../crates/collector/viewer/model/rows.js";
import { nearest, place, scale } from "../../crates/collector/viewer/model/scatter-scale.js";
import { difference, longest, merge, sorted, summary } from "../../crates/collector/viewer/model/summaries.js";
import { formatTags, parseTags, tagsFromUrl } from "../../crates/collector/viewer/model/tags.js";
import { buildTree, childrenOf, levels, mainNode } from "../../crates/collector/viewer/model/tree.js";
import { someText, typed } from "../../crates/collector/viewer/model/value.js";
import { line, short, visible } from "../../crates/collector/viewer/model/visible.js";
import { warnings } from "../../crates/collector/viewer/model/warnings.js";
import { showing, whole } from "../../crates/collector/viewer/model/zoom.js";
import { numbers, SHAPES } from "./shapes.mjs";
import { resourceSpans } from "./spans.mjs";

const [LEAST_RUNS, MOST_RUNS, ENOUGH_MS] = [2, 30, 200];
/** What takes less than this is quick enough, and a ratio of it mostly tells what the processor's cache holds. */
const LEAST_MS = 200;

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc");

const sizes = process.argv.slice(2).map(Number);
const [small, large] = sizes.length === 2 ? sizes : [10_000, 100_000];
const MOST = (large / small) ** 1.95;

// What is made of a size and a shape, once; and what is measured with it.
const TRACE = {
  make: (size, shape) => resourceSpans(SHAPES[shape](size), "1".padStart(32, "0"), 1_700_000_000_000_000_000n),
  measured: { readTrace },
};
const TREE = {
  make: (size, shape) => readTrace(TRACE.make(size, shape)).spans,
  measured: { buildTree, assign: (spans) => assign(spans.map(({ name }) => name)) },
};
const NODES = {
  make: (size, shape) => buildTree(TREE.make(size, shape)),
  measured: {
    mainNode,
    levels,
    childrenOf: (nodes) => childrenOf(nodes, 0),
    criticalPath,
    sectionsByRank: (nodes) => sectionsByRank(criticalPath(nodes)),
    joined: (nodes) => joined(criticalPath(nodes), whole({ from: 0, to: nodes[0].span.end }), nodes[0].span.end / 1_000),
    selfTime: (nodes) => selfTime(nodes, 0),
    allCollapsed,
    visibleRanks: (nodes) => visibleRanks(nodes, allCollapsed(nodes)),
    opened: (nodes) => opened(nodes, allCollapsed(nodes), nodes.length - 1),
    "rowShowing, nextOf": (nodes) => {
      const ranks = visibleRanks(nodes, new Set());
      ranks.forEach((rank) => rowShowing(ranks, rank) + nextOf(ranks, rank, 1));
    },
    align: (nodes) => align(nodes, nodes),
    groups: (nodes) => groups(nodes, nodes),
    verdict: (nodes) => nodes.forEach((node) => verdict(node, nodes[0])),
    warnings: (nodes) => nodes.forEach((node) => warnings(nodes, node)),
    "find any text": (nodes) => nodes.filter(({ span }) => matcher("nothing")(span)),
    "find key=value": (nodes) => nodes.filter(({ span }) => matcher("http.route=/items/9")(span)),
    showing: (nodes) => nodes.forEach(({ span }) => showing({ from: 0, to: 10 }, { from: 0, to: 1e9 }, span)),
  },
};
const LIST = {
  make: (size) => Array.from({ length: size }, (_, index) => traceOf((index * 7919) % size)),
  measured: {
    "summary, sorted": (traces) => sorted(traces.map(summary), "longest"),
    "merge, difference": (traces) => {
      const all = traces.map(summary);
      difference(merge([], all, all.length), merge(all, all.slice(1), all.length));
    },
    longest: (traces) => longest(traces.map(summary)),
    "scale, place, nearest": (traces) => {
      const all = traces.map(summary);
      const shown = scale(all, { from: null, to: null }, BigInt(all.length) * 1_000n);
      nearest(all.map((one) => place(shown, one)), 0.5, 0.5, 0.1);
    },
    serviceCounts: (traces) => serviceCounts(traces, []),
  },
};
const MAP = {
  make(size, shape) {
    const names = Array.from({ length: size }, (_, index) => `service ${index}`);
    const calls = SHAPES[shape](size).slice(1).map(({ parent }, index) => ({ parent: names[parent], child: names[index + 1], callCount: 1 }));
    const next = numbers(2);
    // As many between any two, some of which go back and past many others.
    const any = () => names[Math.floor(next() * size)];
    return { names, calls: [...calls, ...names.map((parent) => ({ parent, child: any(), callCount: 1 }))].filter(({ parent, child }) => parent !== child) };
  },
  measured: {
    layers: ({ names, calls }) => layers(names, calls),
    layout: ({ names, calls }) => layout(names, calls, { width: 172, height: 48, across: 104, down: 20 }),
    busiest: ({ calls }) => busiest(serviceCounts([], calls), calls, { services: 200, calls: 1_000 }),
  },
};
const TEXT = {
  make: (size) => Array.from({ length: size }, (_, index) => [`key ${index}`, `"va\\lue\n" ${index}\u202e`]),
  measured: {
    "formatTags, parseTags": (pairs) => parseTags(formatTags(Object.fromEntries(pairs))),
    "readFilters, writeFilters": (pairs) => writeFilters(readFilters(`?tags=${encodeURIComponent(formatTags(Object.fromEntries(pairs)))}`)),
    tagsFromUrl: (pairs) => tagsFromUrl(JSON.stringify(Object.fromEntries(pairs))),
    "visible, short, line": (pairs) => [visible(String(pairs)), short(String(pairs), 1e9), line(String(pairs), 1e9)],
    "typed, someText": (pairs) => {
      const values = pairs.map(([key, stringValue]) => ({ key, value: { stringValue } }));
      typed({ kvlistValue: { values } });
      someText({ arrayValue: { values: values.map(({ value }) => value) } }, (text) => text === "");
    },
    "ticks": (pairs) => ticks({ from: 1e18, to: 1e18 + pairs.length }, 10),
  },
};

function traceOf(number) {
  return {
    traceId: String(number), root: { name: "n", service: "s", missing: false }, startTimeUnixNano: String(number * 1_000), durationNano: String(number % 1_000),
    spanCount: number % 10, errorCount: 0, serviceCount: 1, services: [{ name: `s${number}`, spans: 1 }],
  };
}

const ONE = ["any"];
const ALL = Object.keys(SHAPES);
const steep = [];
console.log(`| function | shape | ${small} | ${large} | growth |\n|---|---|--:|--:|--:|`);
for (const [{ make, measured }, shapes] of [[TRACE, ALL], [TREE, ALL], [NODES, ALL], [LIST, ONE], [MAP, ALL], [TEXT, ONE]]) {
  const rows = Object.keys(measured).flatMap((name) => shapes.map((shape) => ({ name, shape })));
  for (const shape of shapes) {
    for (const size of [small, large]) {
      const input = make(size, shape);
      rows.filter((row) => row.shape === shape).forEach((row) => (row[size] = time(measured[row.name], input)));
    }
  }
  const growth = (row) => row[large] / row[small];
  for (const name of Object.keys(measured)) {
    const shapesOf = rows.filter((row) => row.name === name);
    const [longest] = shapesOf.sort((a, b) => b[large] - a[large]);
    const ratio = longest[large] < 1 ? "–" : growth(longest).toFixed(0);
    console.log(`| ${name} | ${longest.shape} | ${longest[small].toFixed(2)} ms | ${longest[large].toFixed(1)} ms | ${ratio} |`);
    const tooSteep = shapesOf.filter((row) => row[large] > LEAST_MS && growth(row) > MOST);
    tooSteep.forEach((row) => steep.push(`${name} (${row.shape}, ${growth(row).toFixed(0)} times)`));
  }
}
if (steep.length > 0) {
  console.error(`These grow too much: ${steep.join("; ")}`);
  process.exitCode = 1;
}

/** The best of some runs, in milliseconds of the processor: what else the machine does counts little. */
function time(run, input) {
  collectGarbage();
  let [best, sum] = [Infinity, 0];
  for (let runs = 0; runs < LEAST_RUNS || (runs < MOST_RUNS && sum < ENOUGH_MS); runs += 1) {
    const before = process.cpuUsage();
    run(input);
    const { user, system } = process.cpuUsage(before);
    best = Math.min(best, (user + system) / 1_000);
    sum += (user + system) / 1_000;
  }
  return best;
}
