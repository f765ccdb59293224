// Spans in, the order in which they are shown out: parents before their children, siblings by start time, and within one tick of the
// clock by their ends, or as they came. Spans whose parent is not there stand at the top, and so does the earliest span of each cycle;
// every span is there exactly once; nothing recurses, so depth costs nothing.

/** Where a node stands: "root", "child", "orphan" (its parent is missing) or "cycle" (it is its own ancestor). */
export function buildTree(spans) {
  const byId = new Map(spans.map((span, index) => [span.id, index]));
  const parents = spans.map(({ parentId }) => (parentId === null ? undefined : (byId.get(parentId) ?? null)));
  const order = (a, b) => (isEarlier(spans[a], spans[b]) ? -1 : 1);
  const withinTick = (a, b) =>
    compareNanos(spans[a].startNano, spans[b].startNano) || compareNanos(spans[a].endNano, spans[b].endNano) || a - b;
  const children = spans.map(() => []);
  const tops = [];
  parents.forEach((parent, index) => (typeof parent === "number" ? children[parent] : tops).push(index));
  children.forEach((siblings) => siblings.sort(withinTick));
  tops.sort(order);

  const walk = { spans, children, seen: new Uint8Array(spans.length), nodes: [] };
  tops.forEach((top) => descend(walk, top, parents[top] === undefined ? "root" : "orphan"));
  if (walk.nodes.length < spans.length) {
    // What no top leads to hangs on a cycle. Only nodes on a cycle are taken as tops, so that a branch of it stays a branch.
    const rest = spans.map((_, index) => index).filter((index) => !walk.seen[index]);
    const onCycle = findCycles(parents, rest);
    rest.sort(order);
    rest.filter((index) => onCycle[index]).forEach((top) => walk.seen[top] || descend(walk, top, "cycle"));
  }
  sumUp(walk.nodes);
  return walk.nodes;
}

const compareNanos = (a, b) => (a < b ? -1 : a > b ? 1 : 0);

/**
 * Nodes are { span, rank, depth, place, parent, size, errors }: rank is the node's number in the list, parent its parent's rank or
 * -1, size how many nodes it and all below it are, errors how many of those have failed.
 */
function descend({ spans, children, seen, nodes }, top, place) {
  const stack = [{ index: top, depth: 0, place, parent: -1 }];
  while (stack.length > 0) {
    const { index, depth, place, parent } = stack.pop();
    if (seen[index]) {
      continue;
    }
    seen[index] = 1;
    const rank = nodes.length;
    const span = spans[index];
    nodes.push({ span, rank, depth, place, parent, size: 1, errors: span.isError ? 1 : 0 });
    for (let each = children[index].length - 1; each >= 0; each -= 1) {
      stack.push({ index: children[index][each], depth: depth + 1, place: "child", parent: rank });
    }
  }
}

function sumUp(nodes) {
  for (let rank = nodes.length - 1; rank >= 0; rank -= 1) {
    const { parent, size, errors } = nodes[rank];
    if (parent >= 0) {
      nodes[parent].size += size;
      nodes[parent].errors += errors;
    }
  }
}

/** Which can reach themselves: leaves are taken off until only cycles are left. All ancestors of `among` are in it too. */
function findCycles(parents, among) {
  const waiting = new Int32Array(parents.length);
  const onCycle = new Uint8Array(parents.length);
  among.forEach((index) => {
    waiting[parents[index]] += 1;
    onCycle[index] = 1;
  });
  const leaves = among.filter((index) => waiting[index] === 0);
  while (leaves.length > 0) {
    const leaf = leaves.pop();
    onCycle[leaf] = 0;
    waiting[parents[leaf]] -= 1;
    if (waiting[parents[leaf]] === 0) {
      leaves.push(parents[leaf]);
    }
  }
  return onCycle;
}

/** The ranks of a node's children. */
export function childrenOf(nodes, rank) {
  const children = [];
  const end = rank + nodes[rank].size;
  for (let next = rank + 1; next < end; next += nodes[next].size) {
    children.push(next);
  }
  return children;
}

/** The node that the trace is named for, as in the list: the first root, or the first top; the earliest in a circle. */
export function mainNode(nodes) {
  const first = nodes.find(({ place }) => place === "root") ?? nodes[0];
  return first?.place === "cycle" ? nodes.reduce((a, b) => (isEarlier(b.span, a.span) ? b : a)) : first;
}

const isEarlier = (a, b) => (compareNanos(a.startNano, b.startNano) || (a.id < b.id ? -1 : 1)) < 0;

export const levels = (nodes) => nodes.reduce((most, { depth }) => Math.max(most, depth + 1), 0);
