// Text from spans in, text in which nothing is invisible or rearranges what stands around it out: as html.rs does it.

const DECEPTIVE =
  // C1 controls, direction marks, no width, line separators, tags.
  /[\0-\x08\x0b-\x1f\x7f\x80-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\u200b\u2060\ufeff\u00ad\u2028\u2029\u{e0000}-\u{e007f}]/gu;

export function visible(text) {
  return text.replace(DECEPTIVE, (character) => {
    const code = character.codePointAt(0);
    if (code < 0x20) {
      // Unicode has a picture for each of these.
      return String.fromCodePoint(0x2400 + code);
    }
    return code === 0x7f ? "␡" : `\\u{${code.toString(16)}}`;
  });
}

/** The first so many characters, with an ellipsis if there are more; never half of a character. */
export function short(text, limit) {
  if (text.length <= limit) {
    return visible(text);
  }
  const last = text.charCodeAt(limit - 1);
  const end = last >= 0xd800 && last <= 0xdbff ? limit - 1 : limit;
  return `${visible(text.slice(0, end))}…`;
}

/** The same on one line. */
export const line = (text, limit) => short(text, limit).replace(/[\n\t]/g, (character) => (character === "\n" ? "␊" : "␉"));
