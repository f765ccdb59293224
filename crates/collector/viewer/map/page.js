// The map of services: the URL's time in, who calls whom how often out, as a drawing and as a table.

import { busiest, serviceCounts } from "../model/map-counts.js";
import { getJson } from "../shared/api.js";
import { listPath, mapPath } from "../shared/base.js";
import { serviceColours } from "../shared/colours.js";
import { fill, h } from "../shared/dom.js";
import { count, grouped } from "../shared/format.js";
import { addShortcuts } from "../shared/keys.js";
import { problem } from "../shared/problem.js";
import { drawing } from "./drawing.js";
import { callTable, serviceTable } from "./tables.js";

/** So many are drawn: more are no picture. All are in the tables. */
const DRAWN = { services: 200, calls: 1_000 };
/** Of so many traces services are counted: it is the longest list that the collector gives at once. */
const COUNTED = 1500;
const MINUTE = 60_000;
const TIMES = [
  ["", "Everything kept", 0], ["5m", "Last 5 min", 5 * MINUTE], ["15m", "Last 15 min", 15 * MINUTE], ["1h", "Last hour", 60 * MINUTE],
  ["6h", "Last 6 hours", 360 * MINUTE], ["1d", "Last day", 1440 * MINUTE], ["1w", "Last week", 7 * 1440 * MINUTE],
];

export async function show(root, { params }) {
  let lookback = known(params.get("lookback"));
  const times = h("select", { id: "map-time" }, TIMES.map(([value, text]) => h("option", { value }, text)));
  const reload = h("button", { type: "button", title: "Reload (r)", on: { click: () => load() } }, "Reload");
  const facts = h("span", { class: "soft", role: "status", id: "map-facts" });
  const content = h("div", { class: "map-content" });
  root.classList.add("map");
  root.append(
    h("div", { class: "page-bar" }, h("h1", {}, "Map of services"), h("span", { class: "map-time" }, h("label", { for: "map-time" }, "Time"), times), reload, facts),
    content,
  );

  const serviceUrl = (service) => `${listPath()}?${new URLSearchParams({ service, ...(lookback ? { lookback } : {}) })}`;

  async function load() {
    times.value = lookback;
    try {
      const [calls, list] = await ask(lookback);
      const counts = serviceCounts(list.traces, calls);
      const colours = serviceColours([...counts.keys()]);
      facts.textContent = factsOf(counts, calls, list.traces.length);
      fill(content, counts.size === 0 ? empty(lookback) : [
        drawing(busiest(counts, calls, DRAWN), counts, { serviceUrl, colours }),
        h("div", { class: "map-tables" }, callTable(calls), serviceTable(counts, serviceUrl)),
      ]);
    } catch (error) {
      fill(content, problem(error));
    }
  }

  times.addEventListener("change", () => {
    lookback = times.value;
    history.pushState(null, "", lookback ? `${mapPath()}?lookback=${lookback}` : mapPath());
    load();
  });
  window.addEventListener("popstate", () => {
    lookback = known(new URLSearchParams(location.search).get("lookback"));
    load();
  });
  addShortcuts("Map", [
    { keys: ["r"], label: "Ask for the map anew", run: load },
    { keys: ["l"], label: "List of traces", run: () => location.assign(listPath()) },
  ]);
  await load();
}

function known(lookback) {
  return TIMES.some(([value]) => value === lookback) ? lookback : "";
}

async function ask(lookback) {
  const [, , millis] = TIMES.find(([value]) => value === lookback);
  const list = new URLSearchParams({ limit: COUNTED, ...(lookback ? { lookback } : {}) });
  const [{ data }, traces] = await Promise.all([
    getJson(`/api/dependencies${millis ? `?endTs=${Date.now()}&lookback=${millis}` : ""}`),
    getJson(`/api/list?${list}`),
  ]);
  return [data, traces];
}

function factsOf(counts, calls, traces) {
  const total = calls.reduce((sum, { callCount }) => sum + callCount, 0);
  const counted = traces === COUNTED ? `, traces and spans counted in the newest ${grouped(COUNTED)} traces` : "";
  const drawn = counts.size > DRAWN.services || calls.length > DRAWN.calls ? ", the busiest are drawn" : "";
  return `${count(counts.size, "service")}, ${count(total, "call")} between them${drawn}${counted}`;
}

function empty(lookback) {
  return h("section", { class: "map-empty", id: "empty" },
    h("h2", {}, lookback ? "No traces in this time" : "No traces yet"),
    h("p", {}, lookback ? "Choose a longer time." : "As soon as services have sent spans, they are drawn here with the calls between them."),
    h("p", {}, h("a", { href: listPath() }, "The list of traces")));
}
