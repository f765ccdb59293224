import assert from "node:assert/strict";
import { test } from "node:test";

import { align, changeOf, groups, verdict } from "../../crates/collector/viewer/model/compare.js";
import { ticks } from "../../crates/collector/viewer/model/duration-ticks.js";
import { linkMatcher, matcher } from "../../crates/collector/viewer/model/find.js";
import { asOtlp, readTrace } from "../../crates/collector/viewer/model/otlp.js";
import { warnings } from "../../crates/collector/viewer/model/warnings.js";
import { isWhole, moved, scaled, showing, whole, within } from "../../crates/collector/viewer/model/zoom.js";
import { failed, number, trace, tree } from "./build.mjs";

test("a trace is read with times from its start, to the nanosecond", () => {
  const read = trace([1, 0, 1700000000000000001n, 1700000000000000011n, failed], [2, 1, 1700000000000000003n, 1700000000000000002n, { service: "db" }]);
  assert.deepEqual(read.spans.map(({ start, end, duration }) => [start, end, duration]), [[0, 10, 10n], [2, 2, 0n]]);
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

test("a link of Jaeger's looks for any of its words", () => {
  const attributes = [{ key: "http.route", value: { stringValue: "/Users/7" } }, { key: "text", value: { stringValue: "no such row" } }];
  const { spans: [span] } = trace([1, 0, 0, 1, { name: "GetUser", attributes }]);
  for (const query of ["getuser", "nothing getuser", "  getuser nothing", '"no such row"', 'x "such row" y', "http.route=/users", span.id, `1234 ${span.id}`, 'text="no such row"']) {
    assert.equal(linkMatcher(query)(span), true, query);
  }
  for (const query of ["nothing at_all", '"such a row"', "n=43", "-http.route nothing"]) {
    assert.equal(linkMatcher(query)(span), false, query);
  }
  for (const query of ["", "  ", '""', "-getuser"]) {
    assert.equal(linkMatcher(query), null, query);
  }
});

test("what is odd about a span is said", () => {
  const nodes = tree([1, 0, 10, 20], [2, 1, 5, 8], [3, 1, 30, 29, { droppedAttributesCount: 3 }], [4, 99, 1, 2], [5, 5, 0, 1]);
  const of = (id) => warnings(nodes, nodes.find((node) => number(node) === id)).join("\n");
  assert.equal(of(1), "");
  assert.match(of(2), /starts 5 ns before its parent/);
  assert.match(of(3), /ends 1 ns before it starts[^]*after its parent has ended[^]*Dropped by the sender: 3 attributes of this span\.$/);
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
  assert.deepEqual([first.name, first.a.duration, first.b.duration], ["root", 100n, 90_000n]);
  assert.deepEqual(others.find(({ name }) => name === "x").a, { spans: 2, errors: 0, duration: 18n });
  assert.equal(align(tree(), tree()).length, 0);
});

test("what the sender dropped is said, one or more", () => {
  const [node] = tree([1, 0, 1, 2, { droppedAttributesCount: 1, droppedEventsCount: 1, droppedLinksCount: 2_000 }]);
  node.span.resource = { droppedAttributesCount: 1 };
  node.span.scope = { droppedAttributesCount: 2 };
  assert.deepEqual(warnings([node], node), [
    "Dropped by the sender: 1 attribute of this span.", "Dropped by the sender: 1 event.", "Dropped by the sender: 2,000 links.",
    "Dropped by the sender: 1 attribute of the resource.", "Dropped by the sender: 2 attributes of the scope.",
  ]);
});

test("sums and changes are exact, and of spans that do not say how long they took there are none", () => {
  const T = 1_700_000_000_000_000_000n;
  const a = tree([1, 0, 1n, T, { name: "x" }], [2, 0, T, T + 5n, { name: "x" }], [3, 0, T, 0, { name: "y" }]);
  const b = tree([2, 0, T, T + 8n, { name: "x" }], [3, 0, T, T + 9_000n, { name: "y" }]);
  const sums = Object.fromEntries(groups(a, b).map((group) => [group.name, [group.a.duration, group.b.duration]]));
  assert.deepEqual(sums, { x: [T + 4n, 8n], y: [null, 9_000n] });
  const [, , y] = align(a, b).sort((one, other) => ((one.a ?? one.b).span.name < (other.a ?? other.b).span.name ? -1 : 1));
  assert.deepEqual([changeOf(y.a, y.b), verdict(y.a, y.b)], [null, "same"]);
});

const upTo = (to) => ({ from: 0, to });

test("zoom stays within the trace, and around the pointer", () => {
  assert.deepEqual(within({ from: -50, to: 50 }, upTo(1000)), { from: 0, to: 100 });
  assert.deepEqual(within({ from: 990, to: 990 }, upTo(1000)), { from: 990, to: 1000 });
  assert.deepEqual(within({ from: -90, to: -70 }, { from: -80, to: 80 }), { from: -80, to: -60 });
  assert.deepEqual(scaled({ from: 0, to: 1000 }, upTo(1000), 0.5, 200), { from: 100, to: 600 });
  assert.deepEqual(scaled({ from: 100, to: 600 }, upTo(1000), 10), { from: 0, to: 1000 });
  assert.deepEqual(moved({ from: 100, to: 600 }, upTo(1000), 0.5), { from: 350, to: 850 });
  assert.deepEqual(within({ from: 0, to: 0 }, upTo(0)), { from: 0, to: 1 });
  assert.deepEqual(showing({ from: 0, to: 100 }, upTo(1000), { start: 500, end: 520 }), { from: 460, to: 560 });
  assert.deepEqual(showing({ from: 0, to: 100 }, upTo(1000), { start: -5e18, end: -5e18 }), { from: 0, to: 100 }, "what is far moves nothing");
});

test("centuries are zoomed in to something that can be drawn", () => {
  for (const all of [{ from: -1.7e18, to: 3e8 }, { from: 0, to: 1.8e19 }, { from: 1.8e19, to: 1.8e19 }]) {
    let part = whole(all);
    assert.ok(part.to > part.from && isWhole(part, all));
    for (let step = 0; step < 200; step += 1) {
      part = scaled(part, all, 0.5, part.to);
      const { step: apart, times } = ticks(part, 8);
      assert.ok(part.to > part.from && part.from >= all.from && times.length <= 9 && times.every((time, at) => at === 0 || time > times[at - 1]), `${apart}`);
    }
  }
});
