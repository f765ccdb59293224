// The list of traces: the URL's filters in, what fits them out, and what comes in while it is looked at.

import { apiQuery, fieldOf, isNarrowed, readFilters, withoutFilters, writeFilters } from "../model/filters.js";
import { getJson } from "../shared/api.js";
import { listPath, tracePath } from "../shared/base.js";
import { fill, h } from "../shared/dom.js";
import { count } from "../shared/format.js";
import { problem } from "../shared/problem.js";
import { toast } from "../shared/toast.js";
import { choices } from "./choices.js";
import { downloadTraces } from "./downloading.js";
import { takeDrops } from "./drop.js";
import { feed } from "./feed.js";
import { filterForm } from "./filter-form.js";
import { listView } from "./view.js";
import { regionChip } from "./region-chip.js";
import { listShortcuts } from "./shortcuts.js";
import { toolbar } from "./toolbar.js";
import { uploadPanel } from "./upload-panel.js";

/** After how long a collector that did not answer is asked again. */
const AGAIN = 3_000;

export async function show(root) {
  let filters = readFilters(location.search);
  let asking = new AbortController();
  let timer = 0;

  const form = filterForm({ onApply: () => apply(form.read()), onClear: clear });
  const bar = toolbar({
    onPause: () => live.toggle(), onUpload: () => uploads.choose(), onDownload: download,
    onClearSelection: () => view.selected.clear(), onFilters: () => openFilters(!root.classList.contains("filters-open")),
  });
  const chip = regionChip(undoRegion);
  const alert = h("div", { id: "list-problem" });
  const uploads = uploadPanel();
  const view = listView({
    onOpen: ({ id }) => location.assign(tracePath(id)),
    onRegion: (region) => apply({ ...filters, ...region }, { before: writeFilters(filters) }),
    onSelection: (ids) => bar.selected(ids),
    onCount: (shown, totals) => bar.counts(shown, totals, filters.limit),
    onClear: clear,
  });
  const known = choices(form, () => view.setServices(known.names()));
  const live = feed({
    onTraces(traces, totals) {
      view.merge(traces, totals, filters);
      knowServices();
    },
    onList(traces, totals) {
      view.set(traces, totals, filters);
      knowServices();
    },
    onState: () => bar.live(live.state()),
  });
  const overlay = h("div", { class: "drop-overlay", id: "drop-overlay", hidden: true }, "Drop OTLP JSON files to upload them");
  takeDrops(overlay, uploads.upload);
  root.classList.add("list");
  root.append(h("h1", { class: "offscreen" }, "Traces"), form.element, bar.element, chip.element, uploads.element, alert, view.element, overlay);

  function knowServices() {
    if (view.hasNewServices()) {
      known.load(filters.service);
    }
  }

  /** Puts filters into the URL, unless they are there, and asks for what fits them. */
  function apply(next, state = null) {
    let query;
    try {
      query = writeFilters(next);
    } catch (error) {
      form.error("tags", error.message);
      return;
    }
    if (query !== writeFilters(filters)) {
      history.pushState(state, "", query ? `${listPath()}?${query}` : listPath());
    }
    showFilters(next);
    load();
  }

  function clear() {
    apply(withoutFilters(filters));
  }

  function undoRegion() {
    const before = history.state?.before;
    const without = { ...filters, start: "", end: "", minDuration: "", maxDuration: "" };
    apply(before === undefined ? without : readFilters(before));
  }

  function showFilters(next) {
    filters = next;
    form.fill(filters);
    chip.show(filters);
    bar.filters(root.classList.contains("filters-open"), isNarrowed(filters));
  }

  function openFilters(open) {
    root.classList.toggle("filters-open", open);
    bar.filters(open, isNarrowed(filters));
  }

  async function load() {
    asking.abort();
    asking = new AbortController();
    clearTimeout(timer);
    live.stop();
    let query;
    try {
      query = apiQuery(filters);
    } catch (error) {
      form.error("tags", error.message);
      return;
    }
    try {
      // Services first: with another one, all have other colours.
      const [answer] = await Promise.all([getJson(`/api/list?${query}`, asking), known.load(filters.service)]);
      fill(alert, answer.error ? problem(`Not all that was found is here: ${answer.error}`) : null);
      form.error("", "");
      view.set(answer.traces, answer.totals, filters);
      live.start(answer.version, query);
    } catch (error) {
      fail(error);
    }
  }

  function fail(error) {
    if (error.name === "AbortError") {
      return;
    }
    const name = error.kind === "refused" ? fieldOf(error.message) : "";
    if (name) {
      alert.replaceChildren();
      openFilters(true);
      form.error(name, error.message);
      return;
    }
    // A screen reader speaks it once, not at every attempt.
    if (alert.dataset.said !== error.message || !alert.hasChildNodes()) {
      alert.dataset.said = error.message;
      alert.replaceChildren(problem(error));
    }
    bar.live({ connection: "lost", paused: false, waiting: 0 });
    timer = setTimeout(load, AGAIN);
  }

  async function download() {
    const ids = view.selected.ids().length > 0 ? view.selected.ids() : view.ids();
    try {
      toast(`Fetching ${count(ids.length, "trace")} …`);
      const { saved, gone } = await downloadTraces(ids);
      toast(`Saved ${count(saved, "trace")}${gone > 0 ? `; ${gone} not here any more` : ""}`);
    } catch (error) {
      toast(error.message);
    }
  }

  function search() {
    openFilters(true);
    form.focus();
  }

  window.addEventListener("popstate", () => {
    showFilters(readFilters(location.search));
    load();
  });
  form.element.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      view.walk.focus();
    }
  });
  listShortcuts({
    walk: view.walk, toggle: view.selected.toggle, search, compare: bar.compare, pause: live.toggle, reload: load, upload: uploads.choose, download,
  });
  bar.selected([]);
  bar.live(live.state());
  showFilters(filters);
  await load();
}
