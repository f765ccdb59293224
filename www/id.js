// The id field's text in, a number for getUser out, or an Error that says what is accepted.
//
// Number("1e3"), Number(" 7\n") and Number("9007199254740993") all give some number, the last one of another user: so the text
// is judged before it is converted. Which numbers are ids is getUser's to say: -1 and 1.5 are handed on and refused there.

import { text } from "./language.js";

export function parseId(typed) {
  const digits = typed.trim();
  const refuse = (key, values) => new Error(text(key, { text: excerpt(digits), accepted: accepted(), ...values }));
  if (digits === "") {
    throw refuse("id.none");
  }
  if (!/^-?\d+(\.\d+)?$/.test(digits)) {
    throw refuse("id.no-id");
  }
  const number = Number(digits);
  const whole = !digits.includes(".");
  if (whole ? !isExactly(number, digits) : Number.isInteger(number)) {
    throw refuse("id.inexact", { number });
  }
  return number;
}

const accepted = () => text("id.accepted", { most: Number.MAX_SAFE_INTEGER });

function isExactly(number, digits) {
  return Number.isFinite(number) && BigInt(number) === BigInt(digits);
}

function excerpt(text) {
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}
