// Filters in, the search form out; and back, when its fields change.

import { MOST, SORTS } from "../model/filters.js";
import { fromField, toField } from "../model/local-time.js";
import { fill, h } from "../shared/dom.js";
import { choice, field, setChoices, textInput } from "../shared/fields.js";

const LOOKBACKS = [
  ["", "Everything kept"], ["5m", "Last 5 min"], ["15m", "Last 15 min"], ["1h", "Last hour"], ["6h", "Last 6 hours"],
  ["1d", "Last day"], ["2d", "Last 2 days"], ["1w", "Last week"], ["custom", "From … to …"],
];
const LIMITS = ["20", "50", "100", "200", "500", String(MOST)].map((limit) => [limit, limit]);
const SORT_NAMES = { newest: "Newest", longest: "Longest", spans: "Most spans", errors: "Most errors" };

/** { element, fill(filters), read(), error(field, message), focus(), setServices(names), setOperations(names) } */
export function filterForm({ onApply, onClear }) {
  const operations = h("datalist", { id: "operations" });
  const fields = {
    service: field("service", "Service", choice([["", "All services"]])),
    operation: field("operation", "Operation", textInput("any", { list: operations.id })),
    tags: field("tags", "Tags", textInput('error=true user="a b"')),
    minDuration: field("minDuration", "Min. duration", textInput("such as 100ms")),
    maxDuration: field("maxDuration", "Max. duration", textInput("such as 1.5s")),
    lookback: field("lookback", "Time", choice(LOOKBACKS)),
    start: field("start", "From", h("input", { type: "datetime-local", step: "0.001" })),
    end: field("end", "To", h("input", { type: "datetime-local", step: "0.001" })),
    limit: field("limit", "At most", choice(LIMITS)),
    sort: field("sort", "Order", choice(SORTS.map((sort) => [sort, SORT_NAMES[sort]]))),
  };
  const control = (name) => fields[name].control;
  const element = h("form", { class: "filters", id: "filters", role: "search", "aria-label": "Traces", novalidate: true },
    Object.values(fields).map((each) => each.element),
    h("div", { class: "field-buttons" },
      h("button", { type: "submit", class: "primary", id: "search" }, "Search"),
      h("button", { type: "button", id: "clear", on: { click: () => onClear() } }, "Clear")),
    operations);
  let exact = { start: "", end: "" };

  function showTimes() {
    const custom = control("lookback").value === "custom";
    fields.start.element.hidden = !custom;
    fields.end.element.hidden = !custom;
  }

  element.addEventListener("submit", (event) => {
    event.preventDefault();
    onApply();
  });
  element.addEventListener("change", ({ target }) => {
    showTimes();
    // What from and to are is still to come.
    if (target !== control("lookback") || target.value !== "custom") {
      onApply();
    }
  });

  return {
    element,
    fill(filters) {
      const custom = filters.start || filters.end;
      const shown = { ...filters, start: toField(filters.start), end: toField(filters.end), lookback: custom ? "custom" : filters.lookback };
      exact = { start: filters.start, end: filters.end };
      for (const [name, { control }] of Object.entries(fields)) {
        if (control instanceof HTMLSelectElement) {
          setChoices(control, [...control.options].map(({ value, text }) => [value, text]), shown[name]);
        } else {
          control.value = shown[name];
        }
      }
      showTimes();
    },
    read() {
      const texts = Object.fromEntries(Object.keys(fields).map((name) => [name, control(name).value.trim()]));
      const custom = texts.lookback === "custom";
      const at = (name) => (custom ? fromField(texts[name], exact[name]) : "");
      return { ...texts, service: control("service").value, start: at("start"), end: at("end"), lookback: custom ? "" : texts.lookback };
    },
    /** Says what is wrong at its field; "" as the field takes all errors away. */
    error(name, message) {
      Object.entries(fields).forEach(([each, { error }]) => error(each === name ? message : ""));
      if (name) {
        control(name).focus();
      }
    },
    focus: () => control("tags").focus(),
    setServices: (names) => setChoices(control("service"), [["", "All services"], ...names.map((name) => [name, name])]),
    setOperations: (names) => fill(operations, names.map((name) => h("option", { value: name }))),
  };
}
