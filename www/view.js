// Puts results on the page. Text goes in as text, never as markup: ids and messages come from elsewhere.

const element = (id) => document.getElementById(id);

/** Writes only what changes: a screen reader speaks every write to a live region. */
export function setText(id, text) {
  const target = element(id);
  if (target.textContent !== text) {
    target.textContent = text;
  }
}

/** The same for a place that is hidden while it has nothing to say. */
export function setMessage(id, text) {
  setText(id, text);
  element(id).hidden = text === "";
}

/** What was asked, the answer as JSON if there is one, and the way to its trace. */
export function showResult(asked, answer, { traceId, sampled }, viewer) {
  setText("asked", asked);
  setText("answer", answer === null ? "" : JSON.stringify(answer, null, 2));
  if (!sampled) {
    setText("trace", "not sampled");
    return;
  }
  const link = create("a", `Open in ${viewer.name}`);
  link.href = traceUrl(viewer.url, traceId);
  link.target = "_blank";
  link.rel = "noopener";
  element("trace").replaceChildren(create("code", traceId), " ", link);
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

function adviceNode({ text, code }) {
  const item = create("li", text);
  if (code) {
    const block = create("pre");
    block.append(create("code", code));
    item.append(block);
  }
  return item;
}

function create(name, text = "") {
  const node = document.createElement(name);
  node.textContent = text;
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
