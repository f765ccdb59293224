// Attributes as a table: key, value, type, a button that copies the value, and a link to the traces that have it.

import { tagQuery } from "../model/tags.js";
import { typed } from "../model/value.js";
import { listPath } from "../shared/base.js";
import { copyButton } from "../shared/copy.js";
import { h } from "../shared/dom.js";
import { grouped } from "../shared/format.js";
import { icon } from "../shared/icons.js";
import { portion } from "../shared/portion.js";
import { name, value as shownValue } from "../shared/text.js";

/** More are shown when asked for: a span may have thousands. */
const ENTRIES = 100;
/** What is longer is not searched for by a link: servers take no such URL. */
const LONGEST_QUERY = 16_000;

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
    h("td", {}, copyButton(text, "value"), findLink(String(key), text)),
  );
}

function findLink(key, text) {
  const query = tagQuery(key, text);
  const label = "Find traces with this";
  return query.length > LONGEST_QUERY ? null : h("a", { class: "copy", href: `${listPath()}?${query}`, title: label, "aria-label": label }, icon("search"));
}
