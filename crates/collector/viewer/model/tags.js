// Tags as they are typed, key=value key2="a value" key3={"of":"JSON"}, in; the object that the collector's `tags` parameter takes,
// out; and back.

/** Reads tags, or throws an Error that says where they are none. */
export function parseTags(text) {
  const tags = {};
  let rest = text.trim();
  while (rest !== "") {
    const key = piece(rest, "=");
    rest = rest.slice(key.length);
    if (!rest.startsWith("=") || key.length === 0) {
      throw new Error(`Tags are written as key=value key2="a value"; ${shown(key.value || rest)} is none.`);
    }
    const value = piece(rest.slice(1), "");
    rest = rest.slice(1 + value.length);
    if (rest !== "" && !/^\s/.test(rest)) {
      throw new Error(`There must be a space after ${shown(value.value)}, before ${shown(rest)}.`);
    }
    Object.defineProperty(tags, key.value, { value: value.value, enumerable: true, writable: true, configurable: true });
    rest = rest.trimStart();
  }
  return tags;
}

/** Writes tags so that parseTags reads the same. */
export function formatTags(tags) {
  return Object.entries(tags).map(([key, value]) => `${quoted(key, false)}=${quoted(value, true)}`).join(" ");
}

/** The `tags` parameter of a URL that asks for one tag. */
export const tagQuery = (key, text) => new URLSearchParams({ tags: JSON.stringify(Object.fromEntries([[key, text]])) }).toString();

/** The `tags` parameter of a URL: an object of strings as JSON, as Jaeger's UI has it, or the text that was typed. */
export function tagsFromUrl(text) {
  try {
    const tags = JSON.parse(text);
    if (tags && typeof tags === "object" && !Array.isArray(tags)) {
      return formatTags(Object.fromEntries(Object.entries(tags).map(([key, value]) => [key, plain(value)])));
    }
  } catch {
    // Then it is what was typed.
  }
  return text;
}

function plain(value) {
  return typeof value === "string" ? value : JSON.stringify(value);
}

function piece(text, end) {
  const length = end === "" ? jsonLength(text) : 0;
  if (length > 0 && /^(\s|$)/.test(text.slice(length))) {
    return { value: text.slice(0, length), length };
  }
  if (!text.startsWith('"')) {
    const value = text.slice(0, text.search(end === "=" ? /[\s="]|$/ : /[\s"]|$/));
    return { value, length: value.length };
  }
  const string = /^"(?:[^"\\]|\\.)*"/s.exec(text);
  if (!string) {
    throw new Error(`The quotation mark of ${shown(text)} is not closed.`);
  }
  return { value: unescaped(string[0].slice(1, -1)), length: string[0].length };
}

/** How long the list or map is that the text begins with, as such values are shown; 0 if it begins with none. */
function jsonLength(text) {
  const marks = /"(?:[^"\\]|\\.)*"|[[\]{}"]/gs;
  let depth = 0;
  // A quotation mark alone begins a string without an end.
  for (let mark = /^[[{]/.test(text) ? marks.exec(text) : null; mark && mark[0] !== '"'; mark = marks.exec(text)) {
    depth += { "[": 1, "{": 1, "]": -1, "}": -1 }[mark[0]] ?? 0;
    if (depth === 0) {
      return marks.lastIndex;
    }
  }
  return 0;
}

const ESCAPES = { n: "\n", r: "\r", t: "\t" };

function unescaped(text) {
  return text.replace(/\\(.)/gs, (_, letter) => ESCAPES[letter] ?? letter);
}

function quoted(text, isValue) {
  // What begins as a list or map is read as one.
  const asJson = isValue && /^[[{]/.test(text);
  if (asJson ? jsonLength(text) === text.length && !/[\n\r\t]/.test(text) : /^[^\s="\\]+$/.test(text)) {
    return text;
  }
  const letters = Object.entries(ESCAPES);
  const escape = (letter) => `\\${letters.find(([, real]) => real === letter)?.[0] ?? letter}`;
  return `"${text.replace(/["\\\n\r\t]/g, escape)}"`;
}

function shown(text) {
  return `“${text.length > 40 ? `${text.slice(0, 40)}…` : text}”`;
}
