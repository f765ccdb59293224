// The logs: the URL's filters in, the newest records that fit them out, and what comes in while it is looked at.

import { isNarrowed, logFieldOf, logsQuery, noFilters, readLogFilters, SHOWN, writeLogFilters } from "../model/log-filters.js";
import { mergeLogs, readLogs } from "../model/logs.js";
import { getJson } from "../shared/api.js";
import { listPath, logsPath } from "../shared/base.js";
import { fill, h } from "../shared/dom.js";
import { count } from "../shared/format.js";
import { addShortcuts } from "../shared/keys.js";
import { problem } from "../shared/problem.js";
import { whileSeen } from "../shared/while-seen.js";
import { logForm } from "./form.js";
import { recordRow } from "./record.js";

/** How long after an answer the next one is asked for, and after none. */
const PAUSE = 1_000;
const AGAIN = 3_000;

export async function show(root) {
  let filters = readLogFilters(location.search);
  let records = [];
  let since = "0";
  let end = null;
  let paused = false;

  const form = logForm({ onApply: () => apply(form.read()), onClear: () => apply(noFilters()) });
  const counts = h("span", { class: "counts", role: "status", id: "counts" });
  const pause = h("button", { type: "button", id: "pause", title: "Pause, or resume (p)", on: { click: togglePause } }, "Pause");
  const filtersButton = h("button", { type: "button", id: "show-filters", "aria-expanded": "false", on: { click: () => openFilters(!root.classList.contains("filters-open")) } }, "Filters");
  const alert = h("div", { id: "list-problem" });
  const rows = h("div", { class: "logs-rows", id: "logs" });
  root.classList.add("list", "logs");
  root.append(
    h("h1", { class: "offscreen" }, "Logs"),
    form.element,
    h("div", { class: "toolbar" }, counts, h("span", { class: "space" }), filtersButton, pause),
    alert,
    rows,
  );

  /** Puts filters into the URL, unless they are there, and asks for what fits them. */
  function apply(next) {
    let query;
    try {
      query = writeLogFilters(next);
    } catch (error) {
      form.error("tags", error.message);
      return;
    }
    if (query !== writeLogFilters(filters)) {
      history.pushState(null, "", logsPath(query));
    }
    showFilters(next);
    load();
  }

  function showFilters(next) {
    filters = next;
    form.fill(filters);
    filtersButton.classList.toggle("narrowed", isNarrowed(filters));
  }

  function openFilters(open) {
    root.classList.toggle("filters-open", open);
    filtersButton.setAttribute("aria-expanded", String(open));
  }

  /** Gives a promise for the first answer. */
  function load() {
    end?.();
    since = "0";
    loadServices();
    const { promise, resolve } = Promise.withResolvers?.() ?? deferred();
    end = whileSeen(async (signal) => {
      const pause = paused && since !== "0" ? PAUSE : await ask(signal);
      resolve();
      return pause;
    });
    return promise;
  }

  async function ask(signal) {
    let answer;
    try {
      answer = await getJson(`/api/logs?${logsQuery(filters, since)}`, { signal });
    } catch (error) {
      fail(error);
      return AGAIN;
    }
    if (!signal.aborted) {
      alert.replaceChildren();
      form.error("", "");
      const first = since === "0";
      since = answer.version;
      take(readLogs(answer.resourceLogs), answer.complete || first, answer.error);
    }
    return PAUSE;
  }

  function take(more, isComplete, error) {
    if (isComplete) {
      records = mergeLogs([], more, SHOWN);
      fill(rows, records.length === 0 ? empty(isNarrowed(filters)) : records.map((record) => recordRow(record)));
    } else if (more.length > 0) {
      const known = new Map(records.map((record, at) => [record, rows.children[at]]));
      records = mergeLogs(records, more, SHOWN);
      // Those that are open stay so.
      fill(rows, records.map((record) => known.get(record) ?? recordRow(record)));
    }
    counts.textContent = records.length >= SHOWN ? `The newest ${count(SHOWN, "record")}` : count(records.length, "record");
    if (error) {
      alert.replaceChildren(problem(String(error)));
    }
  }

  function fail(error) {
    if (error.name === "AbortError") {
      return;
    }
    const name = error.kind === "refused" ? logFieldOf(error.message) : "";
    if (name) {
      openFilters(true);
      form.error(name, error.message);
    } else if (alert.dataset.said !== error.message || !alert.hasChildNodes()) {
      // A screen reader speaks it once, not at every attempt.
      alert.dataset.said = error.message;
      alert.replaceChildren(problem(error));
    }
  }

  /** Choices are a help: those of the traces, and those of the records that are shown. */
  async function loadServices() {
    const { data } = await getJson("/api/services").catch(() => ({ data: [] }));
    form.setServices([...new Set([...data, ...records.map(({ service }) => service)])].sort());
  }

  function togglePause() {
    paused = !paused;
    pause.setAttribute("aria-pressed", String(paused));
  }

  window.addEventListener("popstate", () => {
    showFilters(readLogFilters(location.search));
    load();
  });
  addShortcuts("Logs", [
    { keys: ["/"], label: "Search", run: () => (openFilters(true), form.focus()) },
    { keys: ["p"], label: "Pause, or resume", run: togglePause },
    { keys: ["r"], label: "Ask for the logs anew", run: load },
    { keys: ["l"], label: "List of traces", run: () => location.assign(listPath()) },
  ]);
  showFilters(filters);
  await load();
  loadServices();
}

function deferred() {
  let resolve;
  const promise = new Promise((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

function empty(isNarrowed) {
  const { otlpUrl } = document.body.dataset;
  return h("section", { class: "empty", id: "empty" },
    h("h1", {}, isNarrowed ? "No log record fits" : "No logs yet"),
    isNarrowed
      ? h("p", {}, "Those that do will appear here by themselves.")
      : h("p", {}, "They appear here by themselves, as soon as a program sends some to ", h("code", {}, otlpUrl ?? "/v1/logs"), " (OTLP, JSON or protobuf)."));
}
