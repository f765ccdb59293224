// The page's language: one of two, chosen by the browser's list or by its user. Keys come in, texts go out. No DOM here.

import { messages as en } from "./texts/en.js";
import { messages as zh } from "./texts/zh.js";

const MESSAGES = { en, zh };
const KEY = "inprocess.language";

let current = "en";

export const language = () => current;

export function setLanguage(name) {
  current = Object.hasOwn(MESSAGES, name) ? name : "en";
}

/** The first of a browser's languages that there is, after what its user chose on this page. */
export function preferredLanguage(languages, storage) {
  const known = [remembered(storage), ...languages].map((tag) => String(tag).split("-")[0].toLowerCase());
  return known.find((name) => Object.hasOwn(MESSAGES, name)) ?? "en";
}

export function rememberLanguage(name, storage) {
  try {
    storage().setItem(KEY, name);
  } catch {
    // Storage is denied or full: the choice holds for as long as the page lives.
  }
}

function remembered(storage) {
  try {
    return storage().getItem(KEY) ?? "";
  } catch {
    return "";
  }
}

/** The message of a key, with values in the places of their names. */
export function text(key, values = {}) {
  return MESSAGES[current][key].replace(/\{([\w-]+)\}/g, (place, name) => (Object.hasOwn(values, name) ? String(values[name]) : place));
}

/** So many characters of a text, and a sign that there are more. */
export function excerpt(words, most) {
  // No more is taken apart than so many characters can be: each has one unit or two.
  const part = [...words.slice(0, 2 * most)].slice(0, most).join("");
  return part.length < words.length ? `${part}…` : words;
}

export const spans = (count) => (count === 1 ? text("count.span") : text("count.spans", { count }));

/** A duration in milliseconds, with two or three digits that matter, and its unit. */
export function duration(millis) {
  // The page's clock may tick in no less than 5 or 100 µs.
  if (millis > 0 && millis < 0.0005) {
    return "<1 µs";
  }
  const [value, unit] = millis < 1 ? [millis * 1000, "µs"] : millis < 1000 ? [millis, "ms"] : [millis / 1000, "s"];
  const digits = value >= 100 || unit === "µs" ? 0 : value >= 10 ? 1 : 2;
  return `${value.toLocaleString(current, { minimumFractionDigits: digits, maximumFractionDigits: digits })} ${unit}`;
}
