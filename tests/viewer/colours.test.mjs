import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { assign, COLOURS } from "../../crates/collector/viewer/model/palette.js";

const tokens = readFileSync(new URL("../../crates/collector/viewer/style/tokens.css", import.meta.url), "utf8");

function token(name) {
  const found = tokens.match(new RegExp(`--${name}: light-dark\\((#[0-9a-f]+), (#[0-9a-f]+)\\);`));
  assert.ok(found, `tokens.css has --${name} as two colours`);
  return found.slice(1);
}

function luminance(colour) {
  const digits = colour.length === 4 ? colour.replace(/[0-9a-f]/g, "$&$&") : colour;
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const part = parseInt(digits.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one, other) {
  const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

const BACKGROUNDS = ["back", "raised", "hover", "accent-back"];
const services = Array.from({ length: COLOURS }, (_, number) => `service-${number}`);

test("text keeps 4.5:1 on the backgrounds of both themes, and so do services", () => {
  const pairs = ["text", "soft", "accent", "bad", "good", "warn", ...services].flatMap((name) => BACKGROUNDS.map((back) => [name, back]));
  const special = [["text", "found-back"], ["soft", "found-back"], ["bad", "bad-back"], ["good", "good-back"], ["warn", "warn-back"], ["on-accent", "accent"]];
  for (const [name, back] of [...pairs, ...special]) {
    for (const theme of [0, 1]) {
      const ratio = contrast(token(name)[theme], token(back)[theme]);
      assert.ok(ratio >= 4.5, `--${name} on --${back}, ${["light", "dark"][theme]}: ${ratio.toFixed(2)}`);
    }
  }
});

test("borders of controls keep 3:1", () => {
  for (const theme of [0, 1]) {
    assert.ok(contrast(token("edge")[theme], token("back")[theme]) >= 3);
  }
});

test("a service keeps its colour on every page, and services of one page have different ones", () => {
  const names = ["web", "users", "orders", "payments", "inventory", "mail", "gateway", "search"];
  const all = assign(names);
  assert.deepEqual(assign(names.toReversed()), all);
  assert.equal(new Set(all.values()).size, names.length);
  assert.equal(assign(["web"]).size, 1);
  const many = assign(Array.from({ length: 100 }, (_, index) => `service ${index}`));
  assert.ok([...many.values()].every((number) => number >= 0 && number < COLOURS));
});
