// The id field's text in, a number for getUser out, or an Error that says what is accepted.
//
// Number("1e3"), Number(" 7\n") and Number("9007199254740993") all give some number, the last one of another user: so the text
// is judged before it is converted. Which numbers are ids is getUser's to say: -1 and 1.5 are handed on and refused there.

const ACCEPTED = `a whole number in digits, from 0 to ${Number.MAX_SAFE_INTEGER}`;

export function parseId(text) {
  const digits = text.trim();
  if (digits === "") {
    throw new Error(`No user id was given. Type ${ACCEPTED}.`);
  }
  if (!/^-?\d+(\.\d+)?$/.test(digits)) {
    throw new Error(`“${excerpt(digits)}” is no user id. Type ${ACCEPTED}.`);
  }
  const number = Number(digits);
  const whole = !digits.includes(".");
  if (whole ? !isExactly(number, digits) : Number.isInteger(number)) {
    throw new Error(`“${excerpt(digits)}” cannot be passed on exactly: it would become ${number}. Type ${ACCEPTED}.`);
  }
  return number;
}

function isExactly(number, digits) {
  return Number.isFinite(number) && BigInt(number) === BigInt(digits);
}

function excerpt(text) {
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}
