import assert from "node:assert/strict";
import { test } from "node:test";

import { isNarrowed, logFieldOf, logsQuery, readLogFilters, writeLogFilters } from "../../crates/collector/viewer/model/log-filters.js";
import { bySpan, mergeLogs, readLogs } from "../../crates/collector/viewer/model/logs.js";
import { narrowed, readSeries } from "../../crates/collector/viewer/model/series.js";

const text = (key, stringValue) => ({ key, value: { stringValue } });
const resource = { attributes: [text("service.name", "shop")] };
const read = (...logRecords) => readLogs([{ resource, scopeLogs: [{ scope: { name: "lib" }, logRecords }] }]);

test("a record says what it has", () => {
  const [record] = read({
    timeUnixNano: "5", observedTimeUnixNano: "7", severityNumber: 17, body: { stringValue: "no such user" }, eventName: "exception",
    traceId: "a1", spanId: "b2", attributes: [text("k", "v")],
  });
  assert.deepEqual(
    [record.time, record.severity, record.service, record.event, record.words, record.traceId, record.spanId],
    [5n, { name: "ERROR", level: "error" }, "shop", "exception", "no such user", "a1", "b2"],
  );
});

test("what is missing has something in its place", () => {
  const [record] = readLogs([{ scopeLogs: [{ logRecords: [{ observedTimeUnixNano: "7", attributes: [text("event.name", "click"), text("x", "1")] }] }] }]);
  assert.deepEqual(
    [record.time, record.severity, record.service, record.event, record.words],
    [7n, { name: "", level: "" }, "OTLPResourceNoServiceName", "click", "x=1"],
  );
  assert.equal(read({})[0].time, null);
  assert.deepEqual(readLogs([]), []);
});

test("severities are called as the sender calls them, else by their number", () => {
  for (const [raw, name, level] of [
    [{ severityNumber: 1 }, "TRACE", ""], [{ severityNumber: 10 }, "INFO2", ""], [{ severityNumber: 13 }, "WARN", "warn"],
    [{ severityNumber: 24 }, "FATAL4", "error"], [{ severityNumber: 9, severityText: "notice" }, "notice", ""], [{ severityNumber: 99 }, "", "error"],
  ]) {
    assert.deepEqual(read(raw)[0].severity, { name, level });
  }
});

test("what has come stands where its time is, and what is too much goes", () => {
  const at = (...times) => read(...times.map((time) => ({ timeUnixNano: String(time) })));
  const times = (records) => records.map(({ time }) => Number(time));
  const known = at(9, 5, 5);
  const more = at(7, 5);
  const merged = mergeLogs(known, more, 10);
  assert.deepEqual(times(merged), [9, 7, 5, 5, 5]);
  assert.equal(merged[2], more[1], "of one time what came last stands first");
  assert.deepEqual(times(mergeLogs(known, more, 2)), [9, 7]);
});

test("a trace's records are at their spans", () => {
  const records = read({ spanId: "b2" }, {}, { spanId: "c3" }, { spanId: "b2" });
  const { of, others } = bySpan(records, [{ id: "b2" }, { id: "d4" }]);
  assert.deepEqual([...of], [["b2", [records[0], records[3]]]]);
  assert.deepEqual(others, [records[1], records[2]]);
});

test("the URL of the logs is written as it was read", () => {
  for (const query of ["", "service=a+b&severity=17&text=no+user&event=exception&traceId=ab&lookback=1h", "tags=%7B%22n%22%3A%221%22%7D"]) {
    const filters = readLogFilters(`?${query}`);
    assert.equal(writeLogFilters(filters), query);
    assert.equal(isNarrowed(filters), query !== "");
  }
  const asked = new URLSearchParams(logsQuery(readLogFilters("?severity=9&unheard=of"), "7"));
  assert.deepEqual(Object.fromEntries(asked), { severity: "9", limit: "500", since: "7" });
  assert.equal(logFieldOf("parameter 'severity' must be trace, debug"), "severity");
  assert.equal(logFieldOf("malformed 'tag' parameter"), "tags");
  assert.equal(logFieldOf("the answer could not be written"), "");
});

test("every kind of metric has a row of its newest value", () => {
  const point = { timeUnixNano: "5", attributes: [text("path", "/"), { key: "code", value: { intValue: "200" } }] };
  const metrics = [
    { name: "heap", unit: "By", gauge: { dataPoints: [{ ...point, asInt: "12" }] } },
    { name: "calls", sum: { dataPoints: [{ ...point, asDouble: 1.5 }, { asInt: "3" }], aggregationTemporality: 2, isMonotonic: true } },
    { name: "took", histogram: { dataPoints: [{ count: "4", sum: 10, min: 1, max: 4.5 }], aggregationTemporality: 1 } },
    { name: "fine", exponentialHistogram: { dataPoints: [{ count: "2", sum: 3, scale: 1 }] } },
    { name: "old", summary: { dataPoints: [{ count: "2", sum: 3, quantileValues: [{ quantile: 0.99, value: 2 }] }] } },
    { name: "stale", gauge: { dataPoints: [{ flags: 1 }] } },
  ];
  const rows = readSeries([{ resource, scopeMetrics: [{ metrics }] }]);
  assert.deepEqual(rows.map(({ name, kind, value }) => [name, kind, value]), [
    ["heap", "gauge", "12"], ["calls", "sum, cumulative, rising", "1.5"], ["calls", "sum, cumulative, rising", "3"],
    ["took", "histogram, delta", "4 ×, mean 2.5, 1 to 4.5"], ["fine", "histogram, exponential", "2 ×, mean 1.5"],
    ["old", "summary", "2 ×, mean 1.5, p99 2"], ["stale", "gauge", "no value"],
  ]);
  assert.deepEqual([rows[0].attributes, rows[0].time, rows[2].time], ["path=/ code=200", 5n, null]);
  assert.deepEqual(narrowed(rows, "CALLS 200").map(({ value }) => value), ["1.5"]);
});
