// Two trees in, one tree of both out, and sums by service and name.
//
// Spans are the same when the path to them is: their service, their name, and which of the siblings that are alike it is.

import { childrenOf } from "./tree.js";

const PAIR = "\u0000";
const kindOf = ({ span }) => `${span.service}${PAIR}${span.name}`;

/** Rows { depth, a, b }, where a and b are nodes or null. */
export function align(a, b) {
  const rows = [];
  const stack = pairUp(a, tops(a), b, tops(b), 0).reverse();
  const below = (nodes, node) => (node ? childrenOf(nodes, node.rank) : []);
  while (stack.length > 0) {
    const row = stack.pop();
    rows.push(row);
    const children = pairUp(a, below(a, row.a), b, below(b, row.b), row.depth + 1);
    while (children.length > 0) {
      stack.push(children.pop());
    }
  }
  return rows;
}

function tops(nodes) {
  const ranks = [];
  for (let rank = 0; rank < nodes.length; rank += nodes[rank].size) {
    ranks.push(rank);
  }
  return ranks;
}

/** In the order of the first; what only the second has comes after what precedes it there. */
function pairUp(a, ranksA, b, ranksB, depth) {
  const keysA = numbered(a, ranksA);
  const keysB = numbered(b, ranksB);
  const rows = [];
  const waiting = [...keysB.keys()];
  let next = 0;
  for (const [key, node] of keysA) {
    const other = keysB.get(key) ?? null;
    // Those of the second before this one that the first does not have.
    while (other && next < waiting.length && waiting[next] !== key && !keysA.has(waiting[next])) {
      rows.push({ depth, a: null, b: keysB.get(waiting[next]) });
      keysB.delete(waiting[next]);
      next += 1;
    }
    if (other && waiting[next] === key) {
      next += 1;
    }
    keysB.delete(key);
    rows.push({ depth, a: node, b: other });
  }
  keysB.forEach((node) => rows.push({ depth, a: null, b: node }));
  return rows;
}

function numbered(nodes, ranks) {
  const seen = new Map();
  const keys = new Map();
  for (const rank of ranks) {
    const kind = kindOf(nodes[rank]);
    const number = (seen.get(kind) ?? 0) + 1;
    seen.set(kind, number);
    keys.set(`${kind}${PAIR}${number}`, nodes[rank]);
  }
  return keys;
}

/** { service, name, a: { spans, errors, duration }, b }, the largest change of duration first; a duration is null if none of its spans says one. */
export function groups(a, b) {
  const found = new Map();
  const none = () => ({ spans: 0, errors: 0, duration: null });
  for (const [side, nodes] of [["a", a], ["b", b]]) {
    for (const node of nodes) {
      const key = kindOf(node);
      const group = found.get(key) ?? { service: node.span.service, name: node.span.name, a: none(), b: none() };
      group[side].spans += 1;
      group[side].errors += node.span.isError ? 1 : 0;
      if (node.span.duration !== null) {
        group[side].duration = (group[side].duration ?? 0n) + node.span.duration;
      }
      found.set(key, group);
    }
  }
  const change = (group) => size(changeOfSums(group));
  return [...found.values()].sort((one, other) => Number(change(other) - change(one)));
}

/** How much longer the spans of a group together take in the second trace. */
export const changeOfSums = ({ a, b }) => (b.duration ?? 0n) - (a.duration ?? 0n);

const size = (change) => (change < 0n ? -change : change);

/** By how much the second is longer; null if either of them is not there, or does not say how long it is. */
export function changeOf(a, b) {
  const [before, after] = [a?.span.duration ?? null, b?.span.duration ?? null];
  return before === null || after === null ? null : after - before;
}

/** "added", "removed", "slower", "faster" or "same": a tenth of the larger one, and a microsecond, are no change. */
export function verdict(a, b) {
  if (!a || !b) {
    return a ? "removed" : "added";
  }
  const change = changeOf(a, b);
  if (change === null || size(change) <= 1_000n) {
    return "same";
  }
  const longer = change > 0n ? b.span.duration : a.span.duration;
  return size(change) * 10n <= longer ? "same" : change > 0n ? "slower" : "faster";
}
