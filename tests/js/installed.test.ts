// The packages as npm installs them from their tarballs: what they say of themselves, and what works of them in Node.js.

import assert from "node:assert/strict";
import { access, readFile, readdir } from "node:fs/promises";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

import loadPage, * as page from "inprocess";
import loadLibrary, * as library from "opentelemetry-browser-js";

import { Receiver } from "./receiver.js";

const packages = {
  inprocess: "inprocess_bg.wasm",
  "opentelemetry-browser-js": "opentelemetry_browser_js_bg.wasm",
};

function path(file: string): string {
  return fileURLToPath(import.meta.resolve(file));
}

for (const [name, wasm] of Object.entries(packages)) {
  test(`${name} says what it is, and has all that it names`, async () => {
    const manifest = JSON.parse(await readFile(path(`${name}/package.json`), "utf8"));
    assert.equal(manifest.name, name);
    assert.match(manifest.version, /^\d+\.\d+\.\d+$/);
    assert.equal(manifest.license, "MIT OR Apache-2.0");
    assert.equal(manifest.type, "module");
    assert.equal(manifest.sideEffects, false);
    const folder = path(`${name}/package.json`).replace(/package\.json$/, "");
    const named = [manifest.main, manifest.types, ...Object.values(manifest.exports["."]), `./${wasm}`] as string[];
    for (const file of [...named, "README.md", "LICENSE-MIT", "LICENSE-APACHE"]) await access(folder + file);
    const files = await readdir(folder);
    const others = files.filter((file) => !/\.(js|d\.ts|wasm)$|^(README\.md|LICENSE-.*|package\.json|snippets)$/.test(file));
    assert.deepEqual(others, []);
  });
}

test("the page's package works in Node.js, but for what needs a page", async () => {
  const receiver = await Receiver.listen();
  await loadPage({ module_or_path: await readFile(path("inprocess/inprocess_bg.wasm")) });
  page.init({ endpoint: receiver.endpoint });
  const { traceId, user } = page.getUser(100);
  assert.equal(user.name, "john");
  await page.shutdown();
  const spans = receiver.take();
  assert.deepEqual(spans.map((span) => span.traceId), Array(4).fill(traceId));
  assert.equal(page.stats().spooled, 0);
  await receiver.close();
});

test("the library's package works in Node.js, but for what needs a page", async () => {
  const receiver = await Receiver.listen();
  const name = "opentelemetry-browser-js/opentelemetry_browser_js_bg.wasm";
  await loadLibrary({ module_or_path: await readFile(path(name)) });
  library.start({ endpoint: receiver.endpoint, serviceName: "shop" });
  assert.equal(library.inSpan("checkout", () => 42), 42);
  await library.shutdown();
  assert.deepEqual(receiver.take().map((span) => span.name), ["checkout"]);
  await receiver.close();
});
