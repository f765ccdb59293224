// Filters in, the search form of the logs out; and back, when its fields change.

import { SEVERITIES } from "../model/logs.js";
import { h } from "../shared/dom.js";
import { choice, field, setChoices, textInput } from "../shared/fields.js";

const LOOKBACKS = [["", "Everything kept"], ["5m", "Last 5 min"], ["1h", "Last hour"], ["6h", "Last 6 hours"], ["1d", "Last day"], ["1w", "Last week"]];
const CHOICES = SEVERITIES.map(([name, number]) => [String(number), number === 1 ? "TRACE and above" : number === 21 ? name : `${name} and above`]);

/** { element, fill(filters), read(), error(field, message), focus(), setServices(names) } */
export function logForm({ onApply, onClear }) {
  const fields = {
    service: field("service", "Service", choice([["", "All services"]])),
    severity: field("severity", "Severity", choice([["", "Any severity"], ...CHOICES])),
    text: field("text", "Text", textInput("in the body or a value", { type: "search" })),
    event: field("event", "Event", textInput("such as exception")),
    tags: field("tags", "Attributes", textInput('user=7 url="a b"')),
    traceId: field("traceId", "Trace id", textInput("any")),
    lookback: field("lookback", "Time", choice(LOOKBACKS)),
  };
  const element = h("form", { class: "filters", id: "filters", role: "search", "aria-label": "Logs", novalidate: true },
    Object.values(fields).map((each) => each.element),
    h("div", { class: "field-buttons" },
      h("button", { type: "submit", class: "primary", id: "search" }, "Search"),
      h("button", { type: "button", id: "clear", on: { click: () => onClear() } }, "Clear")));
  let spanId = "";

  element.addEventListener("submit", (event) => {
    event.preventDefault();
    onApply();
  });
  element.addEventListener("change", () => onApply());

  return {
    element,
    fill(filters) {
      spanId = filters.spanId;
      for (const [name, { control }] of Object.entries(fields)) {
        if (control instanceof HTMLSelectElement) {
          setChoices(control, [...control.options].map(({ value, text }) => [value, text]), filters[name]);
        } else {
          control.value = filters[name];
        }
      }
    },
    read() {
      const texts = Object.fromEntries(Object.entries(fields).map(([name, { control }]) => [name, control.value.trim()]));
      // It has no field of its own, and says nothing about another trace.
      return { ...texts, service: fields.service.control.value, spanId: texts.traceId ? spanId : "" };
    },
    /** Says what is wrong at its field; "" as the field takes all errors away. */
    error(name, message) {
      Object.entries(fields).forEach(([each, { error }]) => error(each === name ? message : ""));
      fields[name]?.control.focus();
    },
    focus: () => fields.text.control.focus(),
    setServices: (names) => setChoices(fields.service.control, [["", "All services"], ...names.map((name) => [name, name])]),
  };
}
