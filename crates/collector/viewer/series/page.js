// The metrics: of every series its newest value, as a table that follows what comes in.

import { narrowed, readSeries } from "../model/series.js";
import { getJson } from "../shared/api.js";
import { listPath } from "../shared/base.js";
import { fill, h } from "../shared/dom.js";
import { ago, count, exactTime, grouped, NOT_SET } from "../shared/format.js";
import { addShortcuts } from "../shared/keys.js";
import { portion } from "../shared/portion.js";
import { problem } from "../shared/problem.js";
import { name } from "../shared/text.js";
import { line } from "../model/visible.js";
import { whileSeen } from "../shared/while-seen.js";

/** More rows are shown when asked for. */
const ROWS = 300;
const PAUSE = 5_000;

export async function show(root, { params }) {
  let rows = [];
  let all = 0;
  let error = "";
  const search = h("input", { type: "search", id: "series-search", placeholder: "service, name, attributes", "aria-label": "Narrow the metrics", autocomplete: "off", spellcheck: "false" });
  const facts = h("span", { class: "soft", role: "status", id: "series-facts" });
  const content = h("div", { class: "series-content" });
  search.value = params.get("text") ?? "";
  root.classList.add("series");
  root.append(h("div", { class: "page-bar" }, h("h1", {}, "Metrics"), search, facts), content);

  function draw() {
    const shown = narrowed(rows, search.value);
    facts.textContent = shown.length === all ? count(all, "series", "series") : `${grouped(shown.length)} of ${count(all, "series", "series")}`;
    fill(content, error ? problem(error) : null, shown.length === 0 ? empty(rows.length > 0) : table(shown));
  }

  search.addEventListener("input", () => {
    const query = search.value.trim() === "" ? "" : `?${new URLSearchParams({ text: search.value.trim() })}`;
    history.replaceState(null, "", location.pathname + query);
    draw();
  });
  addShortcuts("Metrics", [
    { keys: ["/"], label: "Search", run: () => search.focus() },
    { keys: ["l"], label: "List of traces", run: () => location.assign(listPath()) },
  ]);
  await new Promise((resolve) => {
    whileSeen(async (signal) => {
      try {
        const answer = await getJson("/api/metrics", { signal });
        [rows, all, error] = [readSeries(answer.resourceMetrics), answer.series, answer.error ?? ""];
        draw();
      } catch (failed) {
        if (failed.name !== "AbortError") {
          fill(content, problem(failed));
        }
      }
      resolve();
      return PAUSE;
    });
  });
}

function table(rows) {
  const heads = ["Service", "Metric", "Attributes", "Value", "Unit", "Kind", "When"];
  const body = h("tbody");
  const more = portion(body, rows, row, ROWS);
  return h("section", { class: "wide" },
    h("table", { id: "series-table" }, h("thead", {}, h("tr", {}, heads.map((head) => h("th", { scope: "col", class: `series-${head.toLowerCase()}` }, head)))), body),
    more);
}

function row({ service, name: metric, description, unit, kind, attributes, value, time }) {
  const cell = (title, ...content) => h("td", { class: `series-${title}` }, content);
  return h("tr", {},
    cell("service", name(service)),
    h("th", { scope: "row", class: "series-metric", title: description === "" ? null : line(description, 300) }, name(metric)),
    cell("attributes", h("bdi", {}, line(attributes, 400))),
    cell("value", value),
    cell("unit", h("bdi", {}, line(unit, 40))),
    cell("kind", kind),
    cell("when", h("span", { title: time === null ? null : exactTime(time) }, time === null ? NOT_SET : ago(time))));
}

function empty(isNarrowed) {
  return h("section", { class: "empty", id: "empty" },
    h("h1", {}, isNarrowed ? "No series fits" : "No metrics yet"),
    h("p", {}, isNarrowed ? "Other words may find some." : "The newest value of each series appears here, as soon as a program sends metrics (OTLP, JSON or protobuf)."));
}
