// All there is to know of the selected span: beside the waterfall, or above it where there is no room.

import { selfTime } from "../model/critical-path.js";
import { asOtlp } from "../model/otlp.js";
import { warnings } from "../model/warnings.js";
import { tracePath } from "../shared/base.js";
import { dot } from "../shared/colours.js";
import { copyButton } from "../shared/copy.js";
import { fill, h, perFrame } from "../shared/dom.js";
import { duration, exactTime, NOT_SET, time } from "../shared/format.js";
import { icon } from "../shared/icons.js";
import { name, value } from "../shared/text.js";
import { attributes } from "./attributes.js";
import { events, links } from "./events.js";

/** `logs` are those of the trace; `leave` gives the focus back when the detail closes. */
export function buildDetail(state, { colourOf, logs, leave }) {
  const element = h("aside", { class: "detail", id: "detail", tabindex: "-1", "aria-label": "Span", hidden: true });
  let shown = -1;
  const show = perFrame(() => {
    const { detail, selected } = state.get();
    const open = detail && selected >= 0;
    if (element.hidden === open) {
      element.hidden = !open;
      if (!open && element.contains(document.activeElement)) {
        leave();
      }
    }
    if (open && shown !== selected) {
      shown = selected;
      fill(element, content(state, colourOf, logs));
      element.scrollTop = 0;
    }
  });
  state.on(show);
  logs.ready.then(() => {
    shown = -1;
    show();
  });
  return element;
}

function content(state, colourOf, logs) {
  const { nodes, selected } = state.get();
  const node = nodes[selected];
  const { span } = node;
  const close = h("button", { type: "button", class: "quiet", title: "Close (Esc)", "aria-label": "Close the detail" }, icon("close"));
  close.addEventListener("click", () => state.showDetail(false));
  const odd = warnings(nodes, node);
  return [
    h(
      "header",
      {},
      h("h2", {}, name(span.name)),
      copyButton(() => asOtlp(span), "span as OTLP JSON"),
      copyButton(() => String(new URL(tracePath(span.traceId, span.id), location.href)), "link to this span", "link"),
      close,
    ),
    h("p", { class: "of" }, dot(colourOf(span.service)), name(span.service)),
    odd.length > 0 ? h("ul", { class: "warnings", "aria-label": "Warnings" }, odd.map((text) => h("li", {}, text))) : null,
    facts(state, node),
    attributes("Attributes", span.raw.attributes),
    events(span),
    logs.of(span),
    links(span),
    attributes("Resource", span.resource.attributes),
    scope(span.scope),
  ];
}

function facts(state, node) {
  const { nodes, trace } = state.get();
  const { span } = node;
  const parent = nodes[node.parent];
  const row = (key, ...content) => h("div", {}, h("dt", {}, key), h("dd", {}, content));
  const self = selfTime(nodes, node.rank);
  return h(
    "dl",
    { class: "span-facts" },
    row("Duration", h("b", {}, duration(span.duration)), self === null ? null : h("span", { class: "soft" }, `self ${duration(self)}`)),
    row("Start", start(span, trace)),
    row("Kind", span.kind),
    row("Status", h("span", { class: span.isError ? "mark" : "" }, span.status), span.statusMessage === "" ? null : value(span.statusMessage)),
    row("Span id", h("code", {}, span.id), copyButton(span.id, "span id")),
    span.parentId === null ? null : row("Parent", parent ? parentButton(state, parent) : h("code", {}, span.parentId), copyButton(span.parentId, "id of the parent")),
    typeof span.raw.traceState === "string" ? row("Trace state", value(span.raw.traceState), copyButton(span.raw.traceState, "trace state")) : null,
  );
}

/** Its offset is from where most of the trace begins: what is far from that says so itself. */
function start({ hasStart, startNano }, { origin }) {
  const offset = startNano - origin;
  return hasStart
    ? [h("span", { title: exactTime(startNano) }, time(startNano)), h("span", { class: "soft" }, offset < 0n ? `${duration(-offset)} before the trace` : `${duration(offset)} into the trace`)]
    : [NOT_SET];
}

function parentButton(state, parent) {
  const button = h("button", { type: "button", class: "link" }, name(parent.span.name));
  button.addEventListener("click", () => state.select(parent.rank));
  return button;
}

function scope({ name: title = "", version = "", attributes: list }) {
  if (title === "" && !list) {
    return null;
  }
  const heading = h("h3", {}, "Scope ", h("span", { class: "plain" }, name(title), " ", version === "" ? null : name(version)));
  return h("section", {}, list ? attributes(heading, list) : heading);
}
