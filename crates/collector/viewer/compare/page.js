// Two traces side by side: /compare?a=ID&b=ID. Fetches both and puts together the picker, the sums, and the tree of both.

import { traceId } from "../model/id.js";
import { readTrace } from "../model/otlp.js";
import { buildTree } from "../model/tree.js";
import { fetchTrace } from "../shared/api.js";
import { append, h } from "../shared/dom.js";
import { serviceColours } from "../shared/colours.js";
import { problem } from "../shared/problem.js";
import { buildGroups } from "./groups.js";
import { buildPicker } from "./picker.js";
import { buildRows } from "./rows.js";
import { buildTotals } from "./totals.js";

export async function show(root, { params }) {
  root.classList.add("compare");
  document.title = "Compare traces – Collector";
  const ids = ["a", "b"].map((side) => ({ given: params.get(side) ?? "", id: traceId(params.get(side)) }));
  root.append(h("h1", {}, "Compare two traces"), buildPicker(ids));
  if (ids.some(({ id }) => id === null)) {
    root.append(h("p", { class: "soft" }, "Give the ids of two traces: paste them above, choose two in the list, or press “Compare with…” on a trace’s page."));
    return;
  }
  const results = await Promise.allSettled(ids.map(({ id }) => fetchTrace(id)));
  const failed = results.map(({ reason }, index) => reason && problem(reason, h("p", {}, "Trace ", h("code", {}, ids[index].id)))).filter(Boolean);
  if (failed.length > 0) {
    append(root, failed);
    return;
  }
  append(root, results.map(({ value: { error } }) => error && problem(error)));
  const [a, b] = results.map(({ value }, index) => {
    const trace = readTrace(value.resourceSpans);
    return { id: ids[index].id, trace, nodes: buildTree(trace.spans) };
  });
  const colourOf = serviceColours([a, b].flatMap(({ trace }) => trace.services.map(({ name }) => name)));
  root.append(buildTotals(a, b), buildRows(a, b, colourOf), buildGroups(a, b, colourOf));
}
