// Draws lookups: each a table of its spans with bars, which says the same without them. Text goes in as text, never as markup.

import { duration, excerpt, spans, text } from "./language.js";
import { create, traceLink } from "./view.js";

const MOST_CHARACTERS = 120;

const element = (id) => document.getElementById(id);

/** Shows the latest lookup, and the earlier ones below it. */
export function showLookups([latest, ...earlier], viewer) {
  element("waterfall").replaceChildren(...(latest?.rows.length ? [table(latest)] : []));
  element("earlier").hidden = earlier.length === 0;
  const open = [...element("earlier-list").querySelectorAll("details[open]")].map(({ dataset }) => dataset.trace);
  element("earlier-list").replaceChildren(...earlier.map((lookup) => item(lookup, viewer, open.includes(lookup.traceId))));
}

function item(lookup, viewer, isOpen) {
  const { asked, traceId, sampled, rows, total } = lookup;
  const details = create("details");
  details.dataset.trace = traceId;
  details.open = isOpen;
  const failed = rows.some(({ span }) => span.error !== null);
  const said = sampled ? `${duration(total)}${failed ? ` · ${text("waterfall.failed")}` : ""}` : text("trace.unsampled");
  const summary = create("summary");
  summary.append(create("code", asked), ` ${said}`);
  details.append(summary);
  if (sampled) {
    const way = create("p", "", "trace-link");
    way.append(...traceLink(traceId, viewer));
    details.append(way);
  }
  if (rows.length > 0) {
    details.append(table(lookup));
  }
  const listed = create("li");
  listed.append(details);
  return listed;
}

function table({ rows, total, more }) {
  const whole = create("table", "", "waterfall");
  const caption = create("caption", text("waterfall.caption", { spans: spans(rows.length + more), duration: duration(total) }));
  if (more > 0) {
    caption.append(create("span", text("waterfall.more", { count: more })));
  }
  const body = create("tbody");
  body.append(...rows.flatMap((each) => (each.span.error === null ? [row(each)] : [row(each), wordsOf(each)])));
  whole.append(caption, body);
  return whole;
}

function row({ span, depth, offset, start, length }) {
  const line = create("tr", "", span.error === null ? "" : "failed");
  const name = create("th", excerpt(span.name, MOST_CHARACTERS));
  name.scope = "row";
  name.style.setProperty("--depth", depth);
  const bar = create("span", "", "bar");
  bar.style.setProperty("--start", start);
  bar.style.setProperty("--length", length);
  const place = create("td", "", "place");
  // In the place of the bar, for who does not see it.
  place.append(create("span", text("waterfall.start", { time: duration(offset) }), "unseen"), bar);
  line.append(name, place, create("td", duration(span.duration), "duration"));
  return line;
}

/** What is said of a span that failed, in a line of its own. */
function wordsOf({ span, depth }) {
  const words = span.error ? text("waterfall.failed-with", { words: excerpt(span.error, MOST_CHARACTERS) }) : text("waterfall.failed");
  const cell = create("td", words);
  cell.colSpan = 3;
  cell.style.setProperty("--depth", depth);
  const line = create("tr", "", "words");
  line.append(cell);
  return line;
}
