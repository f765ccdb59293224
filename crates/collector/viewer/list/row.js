// One trace in, its row of the list out.

import { isAhead } from "../model/summaries.js";
import { line } from "../model/visible.js";
import { tracePath } from "../shared/base.js";
import { fill, h } from "../shared/dom.js";
import { ago, count, durationAlone, startAlone } from "../shared/format.js";
import { name } from "../shared/text.js";
import { serviceTags } from "./service-tags.js";

/** { element, link, box, update(trace, longest, colours), mark(selected), tick() } */
export function row(id, onSelect) {
  const box = h("input", { type: "checkbox", tabindex: "-1" });
  const link = h("a", { class: "row-name", href: tracePath(id), tabindex: "-1" });
  box.addEventListener("change", () => {
    onSelect(id, box.checked);
    // The list's keys go on working: a box would take them for its own.
    link.focus({ preventScroll: true });
  });
  const note = h("span", { class: "row-note" });
  const services = h("span", { class: "row-services" });
  const bar = h("span", { class: "row-bar" });
  const length = h("span", { class: "row-duration-text" });
  const spans = h("span", { class: "row-spans" });
  const errors = h("span", { class: "row-errors" });
  const relative = h("span", { class: "row-ago" });
  const absolute = h("time", { class: "row-time" });
  const element = h("li", { class: "row" },
    h("label", { class: "row-select" }, box),
    h("div", { class: "row-what" }, h("div", { class: "row-title" }, link, note), services),
    h("div", { class: "row-duration" }, length, h("span", { class: "row-track", "aria-hidden": "true" }, bar)),
    spans, errors, h("div", { class: "row-when" }, relative, absolute));
  element.addEventListener("animationend", () => element.classList.remove("new"));
  let [shown, coloured] = [null, null];

  function update(trace, longest, colours) {
    const share = Number(trace.duration ?? 0n) / longest;
    bar.style.width = `max(2px, ${(Math.min(share, 1) * 100).toFixed(2)}%)`;
    bar.hidden = trace.duration === null;
    bar.classList.toggle("cut-after", share > 1);
    if (shown !== trace || coloured !== colours) {
      fill(services, serviceTags(trace, colours));
    }
    coloured = colours;
    if (shown === trace) {
      return;
    }
    shown = trace;
    fill(link, name(trace.service, { class: "row-service" }), " ", name(trace.name));
    note.textContent = [trace.missing && "root span missing", isAhead(trace) && "clock ahead"].filter(Boolean).join(", ");
    box.setAttribute("aria-label", `Select ${line(trace.name, 80)}`);
    length.textContent = durationAlone(trace.duration);
    spans.textContent = count(trace.spans, "span");
    errors.textContent = trace.errors > 0 ? count(trace.errors, "error") : "";
    absolute.textContent = startAlone(trace.start);
    element.classList.toggle("failed", trace.errors > 0);
    tick();
  }

  function mark(selected) {
    box.checked = selected;
    element.classList.toggle("selected", selected);
  }

  function tick() {
    if (shown) {
      relative.textContent = ago(shown.listed);
    }
  }

  return { element, link, box, update, mark, tick };
}
