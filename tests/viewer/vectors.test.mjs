// What tests/vectors says holds here; the collector's tests hold the collector to the same.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { traceId } from "../../crates/collector/viewer/model/id.js";
import { readTrace } from "../../crates/collector/viewer/model/otlp.js";
import { buildTree, mainNode } from "../../crates/collector/viewer/model/tree.js";
import { typed } from "../../crates/collector/viewer/model/value.js";

const vectors = (name) => JSON.parse(readFileSync(new URL(`../vectors/${name}.json`, import.meta.url), "utf8"));

test("values have the text that the collector searches for", () => {
  for (const { value, type, text } of vectors("values")) {
    const made = typed(value);
    assert.deepEqual([made.text, type && made.type], [text, type], JSON.stringify(value));
  }
});

test("a trace is called, counted and measured as in the list", () => {
  for (const { why, resourceSpans, summary, kinds } of vectors("traces")) {
    const { spans, start, duration, services } = readTrace(resourceSpans);
    const { span: root } = mainNode(buildTree(spans));
    const made = {
      root: { name: root.name, service: root.service, missing: root.parentId !== null },
      startTimeUnixNano: String(start),
      durationNano: String(duration),
      spanCount: spans.length,
      errorCount: services.reduce((sum, { errors }) => sum + errors, 0),
      services: services.map(({ name, spans: count }) => ({ name, spans: count })),
    };
    assert.deepEqual(made, summary, why);
    for (const [name, kind] of Object.entries(kinds ?? {})) {
      assert.equal(spans.find((span) => span.name === name).kind, kind);
    }
  }
});

test("an id is one here where it is one there", () => {
  for (const { text, id } of vectors("ids")) {
    assert.equal(traceId(text), id, text);
  }
});
