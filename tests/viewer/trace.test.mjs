import assert from "node:assert/strict";
import { test } from "node:test";

import { align, groups, verdict } from "../../crates/collector/viewer/model/compare.js";
import { matcher } from "../../crates/collector/viewer/model/find.js";
import { asOtlp, readTrace } from "../../crates/collector/viewer/model/otlp.js";
import { warnings } from "../../crates/collector/viewer/model/warnings.js";
import { moved, scaled, ticks, tickText, within } from "../../crates/collector/viewer/model/zoom.js";
import { failed, number, trace, tree } from "./build.mjs";

test("a trace is read with times from its start, to the nanosecond", () => {
  const read = trace([1, 0, 1700000000000000001n, 1700000000000000011n, failed], [2, 1, 1700000000000000003n, 1700000000000000002n, { service: "db" }]);
  assert.deepEqual(read.spans.map(({ start, end, duration }) => [start, end, duration]), [[0, 10, 10], [2, 2, 0]]);
  assert.deepEqual(read.services, [{ name: "db", spans: 1, errors: 0 }, { name: "web", spans: 1, errors: 1 }]);
  assert.equal(JSON.parse(asOtlp(read.spans[1])).resourceSpans[0].scopeSpans[0].spans[0].spanId, read.spans[1].id);
  assert.deepEqual(readTrace([]).spans, []);
});

test("a span is copied with the sign of -0", () => {
  const { spans: [span] } = trace([1, 0, 0, 1, { attributes: [{ key: "n", value: { doubleValue: -0 } }] }]);
  assert.match(asOtlp(span), /"doubleValue": "-0"/);
});

test("any text and key=value are found wherever they are", () => {
  const list = { arrayValue: { values: [{ stringValue: "a \"b\"" }, { kvlistValue: { values: [{ key: "Inner", value: {} }] } }] } };
  const attributes = [{ key: "http.route", value: { stringValue: "/Users/7" } }, { key: "n", value: { intValue: "42" } }, { key: "list", value: list }];
  const events = [{ name: "exception", attributes: [{ key: "exception.message", value: { stringValue: "no row" } }] }];
  const { spans: [span] } = trace([1, 0, 0, 1, { name: "GetUser", attributes, events, ...failed }]);
  for (const query of ["getuser", "WEB", "/users/", "http.route=/users", "n=42", 'n="42"', "n=", "no row", "exception.message=row", "boom", "error", span.id, " service.name=web ", 'a "b"', "inner", 'list=["a \\"b\\"",{"Inner":null}]', 'list="a "b""']) {
    assert.equal(matcher(query)(span), true, query);
  }
  for (const query of ["nothing", "n=43", 'n="4"', "http.route=x", 'list="a"']) {
    assert.equal(matcher(query)(span), false, query);
  }
  assert.equal(matcher("  "), null);
});

test("what is odd about a span is said", () => {
  const nodes = tree([1, 0, 10, 20], [2, 1, 5, 8], [3, 1, 30, 29, { droppedAttributesCount: 3 }], [4, 99, 1, 2], [5, 5, 0, 1]);
  const of = (id) => warnings(nodes, nodes.find((node) => number(node) === id)).join("\n");
  assert.equal(of(1), "");
  assert.match(of(2), /starts 5 ns before its parent/);
  assert.match(of(3), /ends 1 ns before it starts[^]*after its parent has ended[^]*Dropped by the sender: 3 attributes/);
  assert.match(of(4), /parent is not here/);
  assert.match(of(5), /its own ancestor/);
});

test("traces are aligned by the paths of their spans", () => {
  const named = (name) => ({ name });
  const a = tree([1, 0, 0, 100, named("root")], [2, 1, 1, 9, named("x")], [3, 1, 10, 20, named("y")], [4, 1, 30, 40, named("x")], [5, 4, 31, 32, named("z")]);
  const b = tree([1, 0, 0, 90_000, named("root")], [2, 1, 1, 9, named("x")], [6, 2, 2, 3, named("w")], [4, 1, 30, 40, named("x")]);
  const rows = align(a, b).map((row) => [row.depth, row.a && number(row.a), row.b && number(row.b), verdict(row.a, row.b)]);
  assert.deepEqual(rows, [[0, 1, 1, "slower"], [1, 2, 2, "same"], [2, null, 6, "added"], [1, 3, null, "removed"], [1, 4, 4, "same"], [2, 5, null, "removed"]]);
  const [first, ...others] = groups(a, b);
  assert.deepEqual([first.name, first.a.duration, first.b.duration], ["root", 100, 90_000]);
  assert.deepEqual(others.find(({ name }) => name === "x").a, { spans: 2, errors: 0, duration: 18 });
  assert.equal(align(tree(), tree()).length, 0);
});

test("zoom stays within the trace, and around the pointer", () => {
  assert.deepEqual(within({ from: -50, to: 50 }, 1000), { from: 0, to: 100 });
  assert.deepEqual(within({ from: 990, to: 990 }, 1000), { from: 990, to: 1000 });
  assert.deepEqual(scaled({ from: 0, to: 1000 }, 1000, 0.5, 200), { from: 100, to: 600 });
  assert.deepEqual(scaled({ from: 100, to: 600 }, 1000, 10), { from: 0, to: 1000 });
  assert.deepEqual(moved({ from: 100, to: 600 }, 1000, 0.5), { from: 350, to: 850 });
  assert.deepEqual(within({ from: 0, to: 0 }, 0), { from: 0, to: 1 });
});

test("an axis has round times", () => {
  const words = (from, to, most) => {
    const { step, times } = ticks({ from, to }, most);
    return times.map((time) => tickText(time, step));
  };
  assert.deepEqual(words(0, 1_000_000_000, 5), ["0", "200 ms", "400 ms", "600 ms", "800 ms", "1.0 s"]);
  assert.deepEqual(words(1_500_000, 1_500_300, 3), ["1.5000 ms", "1.5001 ms", "1.5002 ms", "1.5003 ms"]);
  assert.deepEqual(words(0, 180e9, 3), ["0", "1 min", "2 min", "3 min"]);
  assert.ok(ticks({ from: 0, to: 1 }, 10).times.length <= 2);
});
