// Both languages say the same things: under the same keys, with the same values in them.

import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { afterEach, test } from "node:test";

import { duration, language, preferredLanguage, rememberLanguage, setLanguage, spans, text } from "../../www/language.js";
import { sendingProblem } from "../../www/problem.js";
import { statusLine } from "../../www/sending.js";
import { messages as en } from "../../www/texts/en.js";
import { messages as zh, page } from "../../www/texts/zh.js";
import { attributeTexts, parts } from "../../www/translate.js";

const root = new URL("../../", import.meta.url);
const html = readFileSync(new URL("index.html", root), "utf8");

afterEach(() => setLanguage("en"));

/** The keys that the page names, with the English text of each element; attributes have theirs below. */
function keysOfPage() {
  const texts = [...html.matchAll(/data-text="([^"]+)"/g)].map(([, key]) => key);
  const attributes = [...html.matchAll(/data-texts="([^"]+)"/g)].flatMap(([, list]) => attributeTexts(list).map(([, key]) => key));
  return [...texts, ...attributes];
}

const places = (words) => [...words.matchAll(/\{([\w-]+)\}/g)].map(([, name]) => name).sort();

test("each message is there in both languages, with the same values", () => {
  assert.deepEqual(Object.keys(zh), Object.keys(en));
  for (const [key, words] of Object.entries(en)) {
    assert.deepEqual(places(zh[key]), places(words), key);
  }
});

test("each text of the page is there in Chinese, and nothing else is", () => {
  assert.deepEqual([...new Set(keysOfPage())].sort(), Object.keys(page).sort());
});

test("Chinese texts are Chinese, but for names", () => {
  const names = ["language.code", "language.other", "list.separator", "sentence.separator"];
  for (const [key, words] of Object.entries({ ...zh, ...page })) {
    assert.ok(/\p{Script=Han}/u.test(words) || names.includes(key), `${key}: ${words}`);
  }
  for (const [key, words] of Object.entries(en)) {
    assert.doesNotMatch(words, /\p{Script=Han}/u, key);
  }
});

test("no text of the page is in one language only", () => {
  // What is in elements with a key, and what is the same in both: code, identifiers, and the notice that no script can translate.
  const rest = html
    .replace(/^[\s\S]*<body>/, "")
    .replace(/<!--[\s\S]*?-->/g, "")
    .replace(/<div id="stalled">[\s\S]*?<\/div>/, "")
    .replace(/<(\w+)[^>]*data-text="[^"]*"[^>]*>[\s\S]*?<\/\1>/g, "")
    .replace(/<code>[\s\S]*?<\/code>( (id, name, gender|site, email|math, english, chinese))?/g, "")
    .replace(/<a id="viewer"[\s\S]*?<\/a>/, "")
    .replace(/<[^>]*>/g, "");
  assert.equal(rest.trim(), "");
  const stalled = html.match(/<div id="stalled">[\s\S]*?<\/div>/)[0];
  assert.match(stalled, /<p>This page[\s\S]*<p lang="zh">.*\p{Script=Han}/u);
});

test("attributes that people read have a key", () => {
  for (const [tag] of html.matchAll(/<[a-z][^>]*>/g)) {
    for (const attribute of ["aria-label", "title", "alt", "data-empty"]) {
      if (new RegExp(` ${attribute}="`).test(tag)) {
        assert.match(tag, new RegExp(`data-texts="[^"]*${attribute}:`), tag);
      }
    }
  }
});

test("scripts have no texts of their own", () => {
  const names = readdirSync(new URL("www/", root)).filter((name) => name.endsWith(".js"));
  for (const name of names) {
    const code = readFileSync(new URL(`www/${name}`, root), "utf8").replace(/^\s*(\/\/|\/?\*).*$/gm, "").replace(/\/\/ .*$/gm, "");
    const literals = [...code.matchAll(/"([^"\n]*)"|`([^`]*)`/g)].map(([, plain, template]) => plain ?? template);
    const sentences = literals.filter((words) => /^[A-Z][a-z’]+( [a-z’]+){2,}/.test(words));
    assert.deepEqual(sentences, [], name);
  }
});

test("every key that a script asks for is there, and every message is asked for", () => {
  const names = readdirSync(new URL("www/", root)).filter((name) => name.endsWith(".js"));
  const code = names.map((name) => readFileSync(new URL(`www/${name}`, root), "utf8")).join("\n");
  const asked = [...code.matchAll(/text\(\s*"([^"]+)"/g)].map(([, key]) => key);
  for (const key of asked) {
    assert.ok(Object.hasOwn(en, key), key);
  }
  for (const key of Object.keys(en)) {
    const isMade = [/^activity\.rating\./, /^count\./].some((made) => made.test(key));
    assert.ok(isMade || code.includes(`"${key}"`), `${key} is used`);
  }
});

test("the browser's first language that there is, after what was chosen", () => {
  const none = () => ({ getItem: () => null });
  const denied = () => {
    throw new DOMException("Access is denied for this document.", "SecurityError");
  };
  assert.equal(preferredLanguage(["fr-FR", "zh-TW", "en"], none), "zh");
  assert.equal(preferredLanguage(["en-GB", "zh"], none), "en");
  assert.equal(preferredLanguage(["fr"], denied), "en");
  assert.equal(preferredLanguage([], none), "en");
  assert.equal(preferredLanguage(["en"], () => ({ getItem: () => "zh" })), "zh");
  assert.equal(preferredLanguage(["zh-CN"], () => ({ getItem: () => "<img>" })), "zh");
  assert.equal(preferredLanguage(["constructor", "__proto__"], none), "en");
  rememberLanguage("zh", denied);
});

test("messages are in the language that is set, and an unknown one is English", () => {
  setLanguage("zh");
  assert.equal(statusLine({ recorded: 1, exported: 0, queued: 1, dropped: 0 }), "已记录 1 个 span：0 个已送达，1 个等待中，0 个丢失。");
  const problem = sendingProblem({ message: "Failed to fetch", cause: null }, { endpoint: "http://h:1", origin: "http://p:2" });
  assert.match(JSON.stringify(problem.advice), /http:\/\/h:1.*cargo xtask run.*http:\/\/p:2/);
  setLanguage("toString");
  assert.equal(language(), "en");
  assert.equal(spans(1), "1 span");
});

test("values are put in as they are, whatever they look like", () => {
  assert.equal(text("sending.who", { endpoint: "{endpoint} $& $1 <b>" }), "Does Jaeger or a collector listen on {endpoint} $& $1 <b>, or elsewhere?");
  assert.equal(text("sending.who"), "Does Jaeger or a collector listen on {endpoint}, or elsewhere?");
});

test("bold and code are marked in texts of the page", () => {
  assert.deepEqual(parts("**查询 1** 是 `{}`，"), [["b", "查询 1"], [null, " 是 "], ["code", "{}"], [null, "，"]]);
  for (const words of Object.values(page)) {
    assert.doesNotMatch(parts(words).map(([, content]) => content).join(""), /[*`]/, words);
  }
});

test("durations have their unit", () => {
  for (const [millis, words] of [[0, "0 µs"], [1e-6, "<1 µs"], [0.005, "5 µs"], [0.1149, "115 µs"], [2.254, "2.25 ms"], [73.44, "73.4 ms"],
    [377, "377 ms"], [7_530, "7.53 s"]]) {
    assert.equal(duration(millis), words);
  }
});
