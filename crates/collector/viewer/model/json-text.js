// The text of JSON in, pieces of that text out: cut, not read, so that numbers beyond 2^53 stay as they were written.
//
// It finds where values end. Whether they are JSON is for JSON.parse to say, which is asked first.

const BLANK = /[\s\ufeff]/;

/** Cuts documents that follow one another: one document, JSON lines, or several that are spread over lines. */
export function* documents(text) {
  let at = 0;
  let line = 1;
  for (;;) {
    const start = skipBlanks(text, at);
    line += newlines(text, at, start);
    if (start === text.length) {
      return;
    }
    const end = valueEnd(text, start);
    yield { text: text.slice(start, end), line };
    line += newlines(text, start, end);
    at = end;
  }
}

/** The members of the object that the text is, each value as text. The last of equal names counts, as for JSON.parse. */
export function members(text) {
  const found = new Map();
  for (const [start, end] of parts(text)) {
    const nameEnd = valueEnd(text, start);
    const valueStart = skipBlanks(text, text.indexOf(":", nameEnd) + 1);
    found.set(JSON.parse(text.slice(start, nameEnd)), text.slice(valueStart, end));
  }
  return found;
}

/** The elements of the array that the text is. */
export function elements(text) {
  return parts(text).map(([start, end]) => text.slice(start, end));
}

// Where the parts between the commas of an object or array are.
function parts(text) {
  const found = [];
  let start = skipBlanks(text, skipBlanks(text, 0) + 1);
  while (start < text.length && !"]}".includes(text[start])) {
    let end = start;
    while (end < text.length && !",]}".includes(text[end])) {
      end = '"{['.includes(text[end]) ? valueEnd(text, end) : end + 1;
    }
    let last = end;
    while (BLANK.test(text[last - 1])) {
      last -= 1;
    }
    found.push([start, last]);
    start = text[end] === "," ? skipBlanks(text, end + 1) : end;
  }
  return found;
}

// Strings are jumped over: a bracket in one is none.
function valueEnd(text, start) {
  if (text[start] === '"') {
    return stringEnd(text, start);
  }
  if (text[start] !== "{" && text[start] !== "[") {
    const rest = /[\s,\]}{["]/g;
    rest.lastIndex = start + 1;
    return rest.exec(text)?.index ?? text.length;
  }
  const marks = /["{}[\]]/g;
  marks.lastIndex = start;
  let depth = 0;
  for (let mark = marks.exec(text); mark; mark = marks.exec(text)) {
    if (mark[0] === '"') {
      marks.lastIndex = stringEnd(text, mark.index);
    } else {
      depth += mark[0] === "{" || mark[0] === "[" ? 1 : -1;
    }
    if (depth === 0) {
      return mark.index + 1;
    }
  }
  return text.length;
}

function stringEnd(text, start) {
  const marks = /["\\]/g;
  marks.lastIndex = start + 1;
  for (let mark = marks.exec(text); mark; mark = marks.exec(text)) {
    if (mark[0] === '"') {
      return mark.index + 1;
    }
    marks.lastIndex = mark.index + 2;
  }
  return text.length;
}

function skipBlanks(text, from) {
  let at = from;
  while (at < text.length && BLANK.test(text[at])) {
    at += 1;
  }
  return at;
}

function newlines(text, from, to) {
  // Of this part only: the next newline may be far behind it.
  const part = text.slice(from, to);
  let count = 0;
  for (let at = part.indexOf("\n"); at !== -1; at = part.indexOf("\n", at + 1)) {
    count += 1;
  }
  return count;
}
