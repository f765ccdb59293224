// Tags as they are typed, key=value key2="a value", in; the object that the collector's `tags` parameter takes, out; and back.

/** Reads tags, or throws an Error that says where they are none. */
export function parseTags(text) {
  const tags = {};
  let rest = text.trim();
  while (rest !== "") {
    const key = piece(rest, "=");
    rest = rest.slice(key.length);
    if (!rest.startsWith("=") || key.value === "") {
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
  return Object.entries(tags).map(([key, value]) => `${quoted(key)}=${quoted(value)}`).join(" ");
}

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

const ESCAPES = { n: "\n", r: "\r", t: "\t" };

function unescaped(text) {
  return text.replace(/\\(.)/gs, (_, letter) => ESCAPES[letter] ?? letter);
}

function quoted(text) {
  if (/^[^\s="\\]+$/.test(text)) {
    return text;
  }
  const letters = Object.entries(ESCAPES);
  const escape = (letter) => `\\${letters.find(([, real]) => real === letter)?.[0] ?? letter}`;
  return `"${text.replace(/["\\\n\r\t]/g, escape)}"`;
}

function shown(text) {
  return `“${text.length > 40 ? `${text.slice(0, 40)}…` : text}”`;
}
