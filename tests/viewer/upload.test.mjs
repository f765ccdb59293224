import assert from "node:assert/strict";
import { test } from "node:test";

import { documents, elements, members } from "../../crates/collector/viewer/model/json-text.js";
import { readFile } from "../../crates/collector/viewer/model/otlp-files.js";
import { bodies, body } from "../../crates/collector/viewer/model/upload-batches.js";

const ID = "0af7651916cd43dd8448eb211c80319c";
const resource = (name, spans = 1) => `{ "resource": {"n": "${name}"},\n "scopeSpans": [{"spans": [${Array(spans).fill(`{"traceId":"${ID}"}`)}]}] }`;

test("text is cut where JSON's values end, whatever stands in its strings", () => {
  const hostile = String.raw`{"a\"b": [1, "]}\\", {"c": "\"},{"}], "n" : 12345678901234567890.50 , "e":{}, "t":true}`;
  const cut = members(hostile);
  assert.deepEqual([...cut], [
    ['a"b', String.raw`[1, "]}\\", {"c": "\"},{"}]`], ["n", "12345678901234567890.50"], ["e", "{}"], ["t", "true"],
  ]);
  assert.deepEqual(elements(cut.get('a"b')), ["1", String.raw`"]}\\"`, String.raw`{"c": "\"},{"}`]);
  assert.deepEqual(elements("[ ]"), []);
  assert.deepEqual([...documents(`\ufeff{"a":\n1}\n\n[2] "x y"  7\n`)], [
    { text: '{"a":\n1}', line: 1 }, { text: "[2]", line: 4 }, { text: '"x y"', line: 4 }, { text: "7", line: 4 },
  ]);
});

test("what is cut is what JSON.parse reads", () => {
  const values = [{}, [], "", "[{\"", { a: [1, { b: "}" }], "]": "\\" }, [[["x"]], -1.5e-7, null, false], "\u2028\ud83d\ude00\n\t\""];
  for (const indent of [0, 2]) {
    const text = values.map((value) => JSON.stringify(value, null, indent)).join("\n");
    assert.deepEqual([...documents(text)].map((one) => JSON.parse(one.text)), values);
    const list = JSON.stringify(values, null, indent);
    assert.deepEqual(elements(list).map(JSON.parse), values);
    const object = JSON.stringify(Object.fromEntries(values.map((value, at) => [`k${at}`, value])), null, indent);
    assert.deepEqual([...members(object).values()].map(JSON.parse), values);
  }
});

test("one document, JSON lines and an answer of Jaeger's are taken as they are", () => {
  const [one, two] = [resource("one", 2), resource("two")];
  const flat = (text) => text.replaceAll("\n", " ");
  for (const text of [
    `{"resourceSpans":[${one},${two}]}`,
    `{"resourceSpans":[${flat(one)}]}\n{"resourceSpans":[${flat(two)}]}\n`,
    `\ufeff{ "result" : {"resourceSpans": [ ${one} , ${two} ] } }`,
    `{"result":{"resourceSpans":[${one}]}}{"result":{"resourceSpans":[${two}]}}`,
    `{"resourceMetrics":[{}]}\n{"resourceSpans":[${one}]}\n{"resourceSpans":[${two}]}`,
  ]) {
    const { resources, spans, traceIds } = readFile(text);
    assert.deepEqual(resources.map(flat), [flat(one), flat(two)], text);
    assert.deepEqual([spans, ...traceIds], [3, ID]);
  }
});

test("numbers beyond what JavaScript counts to are not touched", () => {
  const text = '{"resourceSpans":[{"scopeSpans":[{"spans":[{"startTimeUnixNano":1700000000123456789,"x":1e400}]}]}]}';
  assert.equal(body(readFile(text).resources), text);
});

test("a file that is not taken is told why", () => {
  for (const [text, words] of [
    ["", /empty/], [" \n", /empty/], ["{", /no JSON/], ["hello", /no JSON/], ["\x1f\ufffd", /compressed/], ["\n\0\x12", /no text/],
    ['{"resourceSpans":[]}\n{"resourceSpans":[}', /^Error: line 2: it is no JSON/], ["[1]", /a list/], ["null", /no resourceSpans/],
    ['{"data":[{"traceID":"1","spans":[]}]}', /version 1 of Jaeger/], ['{"resourceLogs":[]}', /metrics or logs/],
    ['{"resourceSpans":[]}', /no resourceSpans/], ['{"resourceSpans":{}}', /no resourceSpans/],
  ]) {
    assert.throws(() => readFile(text), (error) => words.test(String(error)), text);
  }
  const odd = '{"resourceSpans":[null,{"scopeSpans":7},{"scopeSpans":[null,{"spans":[null,{"traceId":"<script>"}]}]}]}';
  assert.deepEqual([...readFile(odd).traceIds], [], "the collector says what is wrong with these");
});

test("bodies stay below the limit and lose nothing", () => {
  const resources = Array.from({ length: 10 }, (_, at) => `"${"é".repeat(at)}"`);
  const all = [...bodies(resources, 60)];
  assert.ok(all.length > 1 && all.every((text) => new TextEncoder().encode(text).length <= 60));
  assert.deepEqual(all.flatMap((text) => JSON.parse(text).resourceSpans), resources.map((text) => JSON.parse(text)));
  assert.throws(() => [...bodies([`"${"x".repeat(100)}"`], 60)], /more than the/);
  assert.deepEqual([...bodies([])], []);
});
