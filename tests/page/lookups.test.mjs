import assert from "node:assert/strict";
import { test } from "node:test";

import { Activity } from "../../www/activity.js";
import { Lookups, waterfall } from "../../www/lookups.js";

const span = (traceId, spanId, parentSpanId, startTime, duration, error = null) => (
  { traceId, spanId, parentSpanId, name: spanId, kind: "internal", startTime, duration, error }
);
const lookup = (traceId, sampled = true) => ({ asked: "GetUser(1)", traceId, sampled });

test("spans are a tree, each at its place in time", () => {
  const spans = [span("t", "b", "a", 1001, 1), span("t", "c", "a", 1003, 1), span("t", "a", null, 1000, 4, "user 1 not found")];
  const { rows, total } = waterfall(spans);
  assert.equal(total, 4);
  assert.deepEqual(rows.map(({ span: { name }, depth, offset, start, length }) => [name, depth, offset, start, length]), [
    ["a", 0, 0, 0, 1], ["b", 1, 1, 0.25, 0.25], ["c", 1, 3, 0.75, 0.25],
  ]);
  assert.equal(rows[0].span.error, "user 1 not found");
});

test("no spans, spans without a duration, and spans that are their own parents do no harm", () => {
  assert.deepEqual(waterfall([]), { rows: [], total: 0 });
  assert.deepEqual(waterfall([span("t", "a", null, 5, 0)]).rows.map(({ start, length }) => [start, length]), [[0, 0]]);
  assert.deepEqual(waterfall([span("t", "a", "a", 5, 1)]).rows, []);
  assert.deepEqual(waterfall([span("t", "a", "b", 5, 1), span("t", "b", "a", 5, 1)]).rows, []);
  assert.equal(waterfall([span("t", "a", "elsewhere", 5, 1)]).rows[0].depth, 0, "below a span of another page");
});

test("a deep tree is drawn, and not deeper than it is wide", () => {
  const spans = Array.from({ length: 40 }, (_, n) => span("t", `s${n}`, n ? `s${n - 1}` : null, n, 40 - n));
  const { rows } = waterfall(spans);
  assert.equal(rows.length, 40);
  assert.equal(Math.max(...rows.map(({ depth }) => depth)), 8);
});

test("spans that come before the answer belong to it, too", () => {
  const lookups = new Lookups();
  assert.equal(lookups.add(span("t", "request", "click", 1, 5)), false, "nobody has asked for it yet");
  lookups.answered(lookup("t"));
  assert.equal(lookups.add(span("t", "click", null, 0, 7)), true);
  const [{ rows }] = lookups.list();
  assert.deepEqual(rows.map(({ span: { name }, depth }) => [name, depth]), [["click", 0], ["request", 1]]);
});

test("what is not sampled has no spans", () => {
  const lookups = new Lookups();
  lookups.answered(lookup("t", false));
  assert.deepEqual(lookups.list(), [{ ...lookup("t", false), rows: [], total: 0, more: 0 }]);
});

test("a thousand lookups, and a thousand spans in one, are bounded", () => {
  const lookups = new Lookups();
  for (let n = 0; n < 1000; n++) {
    lookups.answered(lookup(`t${n}`));
    for (let k = 0; k < 4; k++) lookups.add(span(`t${n}`, `s${k}`, null, k, 1));
  }
  const all = lookups.list();
  assert.deepEqual(all.map(({ traceId, rows }) => [traceId, rows.length]), [999, 998, 997, 996, 995, 994].map((n) => [`t${n}`, 4]));
  for (let k = 4; k < 1000; k++) lookups.add(span("t999", `s${k}`, null, k, 1));
  assert.deepEqual([lookups.list()[0].rows.length, lookups.list()[0].more], [40, 960]);
  // Traces of something else do not push a lookup's own spans out while it is shown.
  for (let n = 0; n < 1000; n++) lookups.add(span(`other${n}`, "s", null, 0, 1));
  assert.equal(lookups.list()[0].rows.length, 40);
});

test("spans of many lookups that come after all their answers find their own", () => {
  const lookups = new Lookups();
  for (let n = 0; n < 1000; n++) lookups.answered(lookup(`t${n}`));
  for (let n = 744; n < 1000; n++) lookups.add(span(`t${n}`, "s", null, 0, 1));
  assert.deepEqual(lookups.list().map(({ traceId, rows }) => [traceId, rows.length]), [999, 998, 997, 996, 995, 994].map((n) => [`t${n}`, 1]));
});

const event = (name, attributes) => ({ name, time: 0, traceId: null, attributes });

test("what the page did is summed up", () => {
  const activity = new Activity();
  assert.deepEqual(activity.summary(), { loaded: null, vitals: [], clicks: { count: 0, place: "" }, errors: { count: 0, latest: [] } });
  assert.equal(activity.add(event("user.lookup", {})), false, "that is shown elsewhere");
  activity.add(event("browser.navigation_timing", { "browser.navigation_timing.load_event_end": 120.5 }));
  const vital = (name, value, rating) => event("browser.web_vital", {
    "browser.web_vital.name": name, "browser.web_vital.value": value, "browser.web_vital.rating": rating,
  });
  activity.add(vital("cls", 0.01, "good"));
  activity.add(vital("fcp", 2000, "needs-improvement"));
  activity.add(vital("fcp", 3100, "poor"));
  assert.equal(activity.add(vital("made-up", 1, "good")), false);
  assert.equal(activity.add(vital("lcp", "1", "good")), false);
  activity.add(event("browser.user_action.click", { "browser.css_selector": "#lookup-1" }));
  activity.add(event("exception", { "exception.type": "TypeError", "exception.message": "x is not a function" }));
  assert.deepEqual(activity.summary(), {
    loaded: 120.5,
    vitals: [{ name: "fcp", value: 3100, rating: "poor" }, { name: "cls", value: 0.01, rating: "good" }],
    clicks: { count: 1, place: "#lookup-1" },
    errors: { count: 1, latest: ["TypeError: x is not a function"] },
  });
});

test("hostile events are bounded", () => {
  const activity = new Activity();
  for (let n = 0; n < 1000; n++) {
    activity.add(event("exception", { "exception.message": `${n} ${"\u{1f600}<img src=x onerror=alert(1)>".repeat(1000)}` }));
    activity.add(event("browser.user_action.click", { "browser.css_selector": "div > ".repeat(10_000) }));
  }
  activity.add(event("exception", {}));
  activity.add(event("browser.navigation_timing", { "browser.navigation_timing.load_event_end": NaN }));
  activity.add(event("browser.user_action.click", { "browser.css_selector": { toString: 1 } }));
  const { errors, clicks, loaded } = activity.summary();
  assert.deepEqual([errors.count, errors.latest.length, errors.latest[0], clicks.count, loaded], [1001, 3, "", 1001, null]);
  assert.ok([...errors.latest, clicks.place].every((words) => [...words].length <= 161));
});
