// The order of texts: that of the collector, which compares their UTF-8.

/** Less than, equal to or greater than 0. JavaScript's own order is that of UTF-16, where what is beyond U+FFFF comes before U+E000. */
export function byCodePoints(a, b) {
  let at = 0;
  while (at < a.length && a[at] === b[at]) {
    at += 1;
  }
  // Two that differ in the second half of a pair have the first half in common.
  return at === a.length || at === b.length ? a.length - b.length : rank(a.charCodeAt(at)) - rank(b.charCodeAt(at));
}

/** Halves of pairs, which stand for what is beyond U+FFFF, come last. */
const rank = (unit) => (unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit);
