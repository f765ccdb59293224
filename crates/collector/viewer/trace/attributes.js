// Attributes as a table: key, value, type, and a button that copies the value.

import { typed } from "../model/value.js";
import { copyButton } from "../shared/copy.js";
import { h } from "../shared/dom.js";
import { grouped } from "../shared/format.js";
import { portion } from "../shared/portion.js";
import { name, value as shownValue } from "../shared/text.js";

/** More are shown when asked for: a span may have thousands. */
const ENTRIES = 100;

/** `title` is text or a heading; null if there are none. */
export function attributes(title, list) {
  if (!list || list.length === 0) {
    return null;
  }
  const body = h("tbody");
  const more = portion(body, list, row, ENTRIES, `Show all ${grouped(list.length)}`);
  const table = h("table", { class: "attributes" }, body);
  const heading = title instanceof Node ? title : title && h("h3", {}, title);
  return h("section", {}, heading, table, more);
}

function row({ key, value }) {
  const { type, text } = typed(value);
  return h(
    "tr",
    {},
    h("th", { scope: "row" }, name(String(key))),
    h("td", { class: `value ${type}` }, shownValue(text)),
    h("td", { class: "type" }, type),
    h("td", {}, copyButton(text, "value")),
  );
}
