// The library's advice in the page's language. A line comes in, a line goes out. No DOM here.

import { language } from "./language.js";
import { advice as zh } from "./texts/advice-zh.js";

const SENTENCES = { zh: Object.entries(zh).map(([words, translation]) => [pattern(words), translation]) };

/** A line sentence by sentence; from the first one on that has no translation, it stays as it is. */
export function translated(line) {
  const sentences = SENTENCES[language()] ?? [];
  let [done, rest] = ["", line];
  while (rest !== "") {
    const [match, translation] = sentences.map(([known, words]) => [known.exec(rest), words]).find(([found]) => found) ?? [];
    if (!match) {
      return done === "" ? rest : `${done} ${rest}`;
    }
    const values = match.slice(1);
    // A value may be one of the library's phrases.
    done += translation.replace(/\{\}/g, () => translated(values.shift()));
    rest = rest.slice(match[0].length).trim();
  }
  return done;
}

/** A sentence with any values in it, at the beginning of a line, up to a space or to the line's end. */
function pattern(words) {
  const parts = words.split(/\{\w*\}/).map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join("(.+?)")}(?=\\s|$)`);
}
