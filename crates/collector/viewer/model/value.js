// An attribute's value of OTLP JSON in, its type and its text out.

/** { type, text }; type is one of empty, string, bool, int, double, array, map, bytes. */
export function typed(value) {
  const [member, content] = Object.entries(value ?? {})[0] ?? [];
  switch (member) {
    case "stringValue":
      return { type: "string", text: String(content) };
    case "boolValue":
      return { type: "bool", text: String(content) };
    case "intValue":
      return { type: "int", text: String(content) };
    case "doubleValue":
      return { type: "double", text: String(content) };
    case "bytesValue":
      return { type: "bytes", text: String(content) };
    case "arrayValue":
      return { type: "array", text: JSON.stringify(plain(value)) };
    case "kvlistValue":
      return { type: "map", text: JSON.stringify(plain(value)) };
    default:
      return { type: "empty", text: "" };
  }
}

/** As plain JSON has it. Whole numbers beyond what a number holds stay text. */
function plain(value) {
  const [member, content] = Object.entries(value ?? {})[0] ?? [];
  switch (member) {
    case "arrayValue":
      return (content?.values ?? []).map(plain);
    case "kvlistValue":
      return pairs(content?.values ?? []);
    case "intValue":
      return Number.isSafeInteger(Number(content)) ? Number(content) : String(content);
    case undefined:
      return null;
    default:
      return content;
  }
}

/** An object, unless a key is there twice. */
function pairs(values) {
  const entries = values.map(({ key, value }) => [key, plain(value)]);
  const keys = new Set(entries.map(([key]) => key));
  return keys.size === entries.length && !keys.has("__proto__") ? Object.fromEntries(entries) : entries;
}

/** Calls with each text that a value holds, until that gives true; whether it did. */
export function someText(value, test) {
  const [member, content] = Object.entries(value ?? {})[0] ?? [];
  switch (member) {
    case undefined:
      return false;
    case "arrayValue":
      return (content?.values ?? []).some((each) => someText(each, test));
    case "kvlistValue":
      return (content?.values ?? []).some((each) => test(String(each.key)) || someText(each.value, test));
    default:
      return test(String(content));
  }
}
