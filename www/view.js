// Puts results on the page. Text goes in as text, never as markup: ids and messages come from elsewhere.

import { text } from "./language.js";

const element = (id) => document.getElementById(id);

/** Writes only what changes: a screen reader speaks every write to a live region. */
export function setText(id, words) {
  const target = element(id);
  if (target.textContent !== words) {
    target.textContent = words;
  }
}

const said = new Map();

/** Says what `make` makes, and makes it anew when the language changes. Without `make` there is nothing to say any more. */
export function say(id, make = () => "") {
  said.set(id, make);
  setText(id, make());
}

export function sayAgain() {
  for (const [id, make] of said) {
    setText(id, make());
  }
}

/** What was asked, and the answer as JSON if there is one. */
export function showAnswer(asked, answer) {
  setText("asked", asked);
  setText("answer", answer === null ? "" : JSON.stringify(answer, null, 2));
}

/** The way to the trace of the latest lookup. */
export function showTrace({ traceId, sampled }, viewer) {
  if (sampled) {
    const nodes = traceLink(traceId, viewer);
    // The same link stays where it is, with the focus that it may have.
    if (element("trace").textContent !== nodes.map((node) => node.textContent ?? node).join("")) {
      element("trace").replaceChildren(...nodes);
    }
  } else {
    setText("trace", text("trace.unsampled"));
  }
}

/** A trace's id, and the link to it. */
export function traceLink(traceId, viewer) {
  const link = create("a", text("trace.open", { viewer: viewer.name }));
  link.href = traceUrl(viewer.url, traceId);
  link.target = "_blank";
  link.rel = "noopener";
  return [create("code", traceId), " ", link];
}

export function showViewer(viewer) {
  element("viewer").href = viewer.url;
  setText("viewer", viewer.name);
}

export function traceUrl(viewerUrl, traceId) {
  return `${viewerUrl.replace(/\/+$/, "")}/trace/${traceId}`;
}

let shownProblems = "[]";

/** Shows these problems, one below the other; none hides the place. */
export function showProblems(problems) {
  const next = JSON.stringify(problems);
  if (next !== shownProblems) {
    shownProblems = next;
    element("problem").replaceChildren(...problems.flatMap(problemNodes));
    element("problem").hidden = problems.length === 0;
  }
}

function problemNodes({ title, detail, advice }) {
  const nodes = [create("strong", title)];
  if (detail) {
    nodes.push(create("p", detail));
  }
  if (advice.length > 0) {
    const list = create("ul");
    list.append(...advice.map(adviceNode));
    nodes.push(list);
  }
  return nodes;
}

function adviceNode({ text: words, code }) {
  const item = create("li", words);
  if (code) {
    const block = create("pre");
    block.append(create("code", code));
    item.append(block);
  }
  return item;
}

export function create(name, words = "", className = "") {
  const node = document.createElement(name);
  node.textContent = words;
  if (className) {
    node.className = className;
  }
  return node;
}

const FIELDS = { endpoint: "endpoint", serviceName: "service-name", sampleRatio: "sample-ratio" };

export function fillSettings(settings) {
  for (const [name, id] of Object.entries(FIELDS)) {
    element(id).value = settings[name];
  }
}

/** The texts of the settings form. */
export function readSettings() {
  return Object.fromEntries(Object.entries(FIELDS).map(([name, id]) => [name, element(id).value]));
}
