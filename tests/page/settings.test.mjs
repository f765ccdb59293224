import assert from "node:assert/strict";
import { test } from "node:test";

import { defaultSettings, initOptions, loadSettings, parseSettings, saveSettings } from "../../www/settings.js";

const DEFAULTS = { endpoint: "http://localhost:4318", serviceName: "inprocess", sampleRatio: 1 };

function memory(entries = {}) {
  const items = new Map(Object.entries(entries));
  return () => ({
    getItem: (key) => items.get(key) ?? null,
    setItem: (key, value) => items.set(key, value),
    removeItem: (key) => items.delete(key),
    get length() {
      return items.size;
    },
  });
}

function denied() {
  throw new DOMException("Access is denied for this document.", "SecurityError");
}

test("the endpoint's default is what the server wrote", () => {
  const meta = (name) => ({ "otlp-endpoint": "http://localhost:4319" })[name];
  assert.deepEqual(defaultSettings(meta), { ...DEFAULTS, endpoint: "http://localhost:4319" });
});

test("logs go to the endpoint that takes them, and to no other", () => {
  const logs = (endpoint, logsEndpoint) => initOptions({ ...DEFAULTS, endpoint }, logsEndpoint).logs;
  assert.equal(logs("http://localhost:4318", "http://localhost:4318"), true);
  assert.equal(logs("http://localhost:4319", "http://localhost:4318"), false);
  assert.equal(logs("http://localhost:4318", ""), false);
  assert.deepEqual(initOptions(DEFAULTS, ""), { ...DEFAULTS, logs: false });
});

test("what was saved is loaded", () => {
  const storage = memory();
  const settings = { endpoint: "https://otel.example:8443/x", serviceName: "shop", sampleRatio: 0.25 };
  saveSettings(settings, DEFAULTS, storage);
  assert.deepEqual(loadSettings(DEFAULTS, storage), settings);
});

test("only differences are remembered, so that a server that moves is followed", () => {
  const storage = memory();
  saveSettings({ ...DEFAULTS, sampleRatio: 0 }, DEFAULTS, storage);
  const moved = { ...DEFAULTS, endpoint: "http://localhost:4319" };
  assert.deepEqual(loadSettings(moved, storage), { ...moved, sampleRatio: 0 });
});

test("settings equal to the defaults leave nothing behind", () => {
  const storage = memory();
  saveSettings({ ...DEFAULTS, serviceName: "shop" }, DEFAULTS, storage);
  saveSettings(DEFAULTS, DEFAULTS, storage);
  assert.equal(storage().length, 0);
});

test("what is corrupt, of another version or of other types is ignored", () => {
  for (const stored of [
    "", "{", "null", "1", "[]", '"x"', "{}", '{"sampleRatio":0.5}', '{"version":0,"sampleRatio":0.5}',
    '{"version":1,"sampleRatio":"0.5","serviceName":7,"endpoint":null}', '{"version":1,"__proto__":{"sampleRatio":0.5}}',
  ]) {
    assert.deepEqual(loadSettings(DEFAULTS, memory({ "inprocess.settings": stored })), DEFAULTS, stored);
  }
});

test("unknown names are dropped, known ones beside them are kept", () => {
  const stored = '{"version":1,"colour":"red","sampleRatio":0.5}';
  assert.deepEqual(loadSettings(DEFAULTS, memory({ "inprocess.settings": stored })), { ...DEFAULTS, sampleRatio: 0.5 });
});

test("denied or full storage changes nothing and throws nothing", () => {
  const full = () => ({ getItem: () => null, setItem: denied, removeItem: denied });
  for (const storage of [denied, full]) {
    saveSettings({ ...DEFAULTS, sampleRatio: 0 }, DEFAULTS, storage);
    saveSettings(DEFAULTS, DEFAULTS, storage);
    assert.deepEqual(loadSettings(DEFAULTS, storage), DEFAULTS);
  }
});

test("the form's ratio becomes a number", () => {
  for (const [text, ratio] of [["1", 1], ["0", 0], [" 0.25 ", 0.25], [".5", 0.5], ["1e-3", 0.001], ["-1", -1], ["2", 2]]) {
    const settings = parseSettings({ endpoint: " http://localhost:4318 ", serviceName: " inprocess ", sampleRatio: text });
    assert.deepEqual(settings, { ...DEFAULTS, sampleRatio: ratio });
  }
});

test("a ratio that is no number is refused in words", () => {
  assert.throws(() => parseSettings({ ...DEFAULTS, sampleRatio: "" }), /ratio is empty/);
  for (const text of ["half", "0,5", "50%", "NaN", "0x1", "."]) {
    assert.throws(() => parseSettings({ ...DEFAULTS, sampleRatio: text }), (error) => error.message.includes(`“${text}” is no number`), text);
  }
});
