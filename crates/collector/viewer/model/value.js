// An attribute's value of OTLP JSON in, its type and its text out. The collector searches for the same text: its model/value.rs has
// the same rule, and tests/vectors/values.json holds both to it.

import { byCodePoints } from "./order.js";

/** { type, text }; type is one of empty, string, bool, int, double, array, map, bytes. */
export function typed(value) {
  const [member, content] = held(value);
  switch (member) {
    case "stringValue":
      return { type: "string", text: String(content) };
    case "boolValue":
      return { type: "bool", text: String(content) };
    case "intValue":
      return { type: "int", text: String(content) };
    case "doubleValue":
      return { type: "double", text: double(content) };
    case "bytesValue":
      return { type: "bytes", text: String(content) };
    case "arrayValue":
      return { type: "array", text: json(value) };
    case "kvlistValue":
      return { type: "map", text: json(value) };
    default:
      return { type: "empty", text: "" };
  }
}

/** As JSON. Written by hand, because JavaScript's own numbers would round integers, and its objects would order keys. */
function json(value) {
  const [member, content] = held(value);
  switch (member) {
    case "stringValue":
    case "bytesValue":
      return JSON.stringify(String(content));
    case "boolValue":
    case "intValue":
      return String(content);
    case "doubleValue":
      return typeof content === "number" ? double(content) : JSON.stringify(content);
    case "arrayValue":
      return `[${(content?.values ?? []).map(json).join(",")}]`;
    case "kvlistValue": {
      // Sorted, and of equal keys the last one.
      const pairs = new Map((content?.values ?? []).map(({ key, value: of }) => [String(key), of]));
      const sorted = [...pairs].sort(([a], [b]) => byCodePoints(a, b));
      return `{${sorted.map(([key, of]) => `${JSON.stringify(key)}:${json(of)}`).join(",")}}`;
    }
    default:
      return "null";
  }
}

/** What is no number is a word already. JavaScript leaves out the sign of -0. */
const double = (content) => (Object.is(content, -0) ? "-0" : String(content));

const held = (value) => Object.entries(value ?? {})[0] ?? [];

/** Calls with the whole text of a value, and with each text in a list or map, until that gives true; whether it did. */
export function someText(value, test) {
  return test(typed(value).text) || parts(value).some((part) => (typeof part === "string" ? test(part) : someText(part, test)));
}

/** What is in a list or map: values, and keys as text. */
function parts(value) {
  const values = value?.arrayValue?.values ?? value?.kvlistValue?.values ?? [];
  return value?.kvlistValue ? values.flatMap(({ key, value: of }) => [String(key), of]) : values;
}
