import assert from "node:assert/strict";
import { test } from "node:test";

import { parseId } from "../../www/id.js";

test("whole numbers are passed on as they are", () => {
  for (const [text, id] of [["0", 0], ["1", 1], ["100", 100], ["007", 7], [" 100 ", 100], ["9007199254740991", 2 ** 53 - 1]]) {
    assert.equal(parseId(text), id, text);
  }
});

test("numbers that are no ids reach getUser, which refuses them, unchanged", () => {
  for (const [text, number] of [["-1", -1], ["1.5", 1.5], ["-0.5", -0.5], ["9007199254740992", 2 ** 53]]) {
    assert.equal(parseId(text), number, text);
  }
});

test("text that a number would not hold exactly is refused", () => {
  for (const text of ["9007199254740993", "-9007199254740993", "1.0", "0.99999999999999999999", "1".repeat(400)]) {
    assert.throws(() => parseId(text), /cannot be passed on exactly.*from 0 to 9007199254740991/, text);
  }
});

test("text that is no decimal number is refused, and quoted in part", () => {
  for (const text of ["1e3", "0x10", "1,000", "1 0", "+1", ".5", "5.", "NaN", "Infinity", "john", "１００", "<b>1</b>", "--1"]) {
    assert.throws(() => parseId(text), (error) => error.message.includes(`“${text}” is no user id`), text);
  }
  assert.throws(() => parseId("x".repeat(10_000)), (error) => error.message.length < 200);
});

test("nothing at all is said to be nothing", () => {
  for (const text of ["", "   ", "\n"]) {
    assert.throws(() => parseId(text), /No user id was given/);
  }
});
