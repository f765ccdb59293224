// The library's advice in Chinese: all of it, with the values and commands that are in it.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { afterEach, test } from "node:test";

import { translated } from "../../www/advice.js";
import { setLanguage } from "../../www/language.js";
import { sendingProblem } from "../../www/problem.js";
import { advice as zh } from "../../www/texts/advice-zh.js";

const source = readFileSync(new URL("../../crates/opentelemetry-browser/src/diagnostics/advice.rs", import.meta.url), "utf8");

/** What the library says, as its source has it: each line of its texts. */
function texts() {
  const code = source.replace(/^\s*\/\/.*$/gm, "");
  const literals = [...code.matchAll(/"((?:[^"\\]|\\[\s\S])*)"/g)].map(([, literal]) => literal.replace(/\\\n\s*/g, ""));
  const lines = literals.flatMap((literal) => literal.split("\\n")).map((line) => line.trim());
  return lines.filter((line) => /[a-z]+ [a-z0-9]+/i.test(line.replace(/\{\w*\}/g, "")) && !line.startsWith("--"));
}

afterEach(() => setLanguage("en"));

test("everything that the library says has a translation, and nothing else has", () => {
  setLanguage("zh");
  const all = texts();
  assert.ok(all.length > 15, `${all.length} texts were found`);
  for (const words of all) {
    // What is put in after a sentence is one of its own.
    const said = words.replace(/\.\{\w*\}$/, ".").replace(/\{\w*\}/g, "X");
    assert.doesNotMatch(translated(said), /[a-z]+ (?!OTLP)[a-z]+ [a-z]+/, said);
  }
  const library = source.replace(/\\\n\s*/g, "");
  for (const words of Object.keys(zh)) {
    assert.ok(library.includes(words) || words === "log records", words);
  }
});

test("translations have as many values, and are Chinese", () => {
  for (const [words, translation] of Object.entries(zh)) {
    assert.equal(translation.match(/\{\}/g)?.length, words.match(/\{\w*\}/g)?.length, words);
    assert.match(translation, /\p{Script=Han}/u);
  }
});

test("values and commands stay as they are", () => {
  const words = "http://127.0.0.1:4318 answers, but does not allow requests from this page's origin, http://localhost:8080.";
  const advice = `${words} Allow it there, with the headers in use.\nor as flags:\n    --collector.otlp.http.cors.allowed-origins=http://localhost:8080`;
  const said = { message: "Failed to fetch", cause: "cors", advice };
  const place = { endpoint: "http://127.0.0.1:4318", origin: "http://localhost:8080" };
  const english = sendingProblem(said, place).advice;
  assert.deepEqual(english[0], { text: `${words} Allow it there, with the headers in use.` });
  setLanguage("zh");
  const chinese = sendingProblem(said, place).advice;
  const first = "http://127.0.0.1:4318 有应答，但不允许来自此页面的来源 http://localhost:8080 的请求。请在那里允许它，以及所用的请求头。";
  assert.deepEqual(chinese, [{ text: first }, { text: "或者用命令行参数：", code: english[1].code }]);
});

test("a receiver's own words are nobody's to translate", () => {
  setLanguage("zh");
  const words = "this is the viewer. Send spans to 4318";
  assert.equal(translated(`http://h:1 answers with HTTP status 403: Page refused, ${words}`), `http://h:1 以 HTTP 状态码 403 应答： Page refused, ${words}`);
  assert.equal(translated("$& {} $1"), "$& {} $1");
});

test("one of the library's phrases within a sentence is translated with it", () => {
  setLanguage("zh");
  const said = "By its port, 4317, this is OTLP over gRPC, which browsers cannot speak; spans go to 4318, OTLP over HTTP:";
  assert.equal(translated(said), "从端口 4317 看，这是 OTLP over gRPC，浏览器无法使用；span 应发送到 4318，即 OTLP over HTTP：");
});
