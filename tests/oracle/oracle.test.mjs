import { deepEqual, equal } from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { collect } from "./collect.mjs";
import { minified } from "./minify.mjs";

test("the Browser SIG's packages record the names and attributes that our tests compare with", async () => {
  const vectors = new URL("../vectors/browser-sig.json", import.meta.url);
  // Where it fails, `npm run collect` writes down what they record now.
  deepEqual(await collect(), JSON.parse(readFileSync(vectors, "utf8")));
});

test("the scripts of the instrumentations are shipped as their sources are", async () => {
  for (const { name, file, code } of await minified()) {
    // Where it fails, `npm run minify` writes them anew.
    equal(readFileSync(file, "utf8"), code, name);
  }
});
