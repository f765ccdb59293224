// The page of a trace: fetches it, and puts together header, minimap, waterfall and detail around one state.

import { spanId, traceId } from "../model/id.js";
import { readTrace } from "../model/otlp.js";
import { listPath } from "../shared/base.js";
import { fetchTrace } from "../shared/api.js";
import { serviceColours } from "../shared/colours.js";
import { h } from "../shared/dom.js";
import { problem } from "../shared/problem.js";
import { buildDetail } from "./detail.js";
import { buildFind } from "./find.js";
import { buildHeader, titleOf } from "./header.js";
import { growth } from "./growth.js";
import { traceLogs } from "./logs.js";
import { buildMinimap } from "./minimap.js";
import { addTraceShortcuts } from "./shortcuts.js";
import { createState } from "./state.js";
import { buildWaterfall } from "./waterfall.js";

export async function show(root, { argument, params }) {
  const id = traceId(decodeURIComponent(argument));
  root.classList.add("trace");
  const waiting = h("p", { class: "waiting", role: "status" }, "Loading the trace…");
  root.append(waiting);
  try {
    const { resourceSpans, error } = await fetchTrace(id);
    const trace = readTrace(resourceSpans);
    if (trace.spans.length === 0) {
      throw new Error("This trace has no spans.");
    }
    waiting.remove();
    if (error) {
      root.append(problem(error));
    }
    build(root, trace, resourceSpans, id, params.get("uiFind"));
  } catch (error) {
    const advice = ADVICE[error.kind];
    const list = h("p", {}, h("a", { href: listPath() }, "The traces that are here"));
    root.replaceChildren(problem(error, advice ? h("p", {}, advice) : null, list));
  }
}

const ADVICE = {
  missing: "It may be on its way: then reload this page. Or it has made room for newer ones, and is gone.",
  refused: "If the answer would be too large: /api/traces/ and the id gives as many of the spans as fit, in JSON.",
};

/** `wanted` is what a link of Jaeger's UI looks for, if it does. */
function build(root, trace, resourceSpans, id, wanted) {
  const state = createState(trace);
  const colourOf = serviceColours(trace.services.map(({ name }) => name));
  document.title = `${titleOf(state)} – Collector`;
  const find = buildFind(state);
  const waterfall = buildWaterfall(state, colourOf);
  const logs = traceLogs(id, trace);
  root.append(
    buildHeader(state, { colourOf, resourceSpans, id, find: find.element, growth: growth(id, trace.spans.length), logs: logs.link }),
    buildMinimap(state, colourOf),
    h("div", { class: "panes" }, waterfall.element, buildDetail(state, { colourOf, logs, leave: () => waterfall.focus() })),
  );
  addTraceShortcuts(state, { find, page: waterfall.rowsSeen });
  followHash(state);
  waterfall.start();
  if (wanted) {
    find.preset(wanted);
  }
}

/** #span=ID is the span that is selected, so that a link to a span works. */
function followHash(state) {
  const read = () => {
    const wanted = spanId(new URLSearchParams(location.hash.slice(1)).get("span"));
    const node = wanted && state.get().nodes.find(({ span }) => span.id === wanted);
    if (node && node.rank !== state.get().selected) {
      state.select(node.rank, { detail: true });
    }
  };
  let timer;
  state.on(({ selected }) => {
    if (selected >= 0) {
      // Browsers refuse changes of the address that come too often.
      clearTimeout(timer);
      timer = setTimeout(() => history.replaceState(null, "", `#span=${state.get().nodes[state.get().selected].span.id}`), 150);
    }
  });
  addEventListener("hashchange", read);
  read();
}
