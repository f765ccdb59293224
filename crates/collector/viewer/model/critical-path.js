// A tree in, its critical path out: which span the trace was waiting for at each moment.
//
// Walked back from the end of the root: what ran last before the moment that is looked at is waited for, and before its start what
// ended last before that. Children are cut to their parents, whom they may outlive. Times are compared as the spans have them, to the
// nanosecond; the path's are as they are drawn.

import { groupBy } from "./group-by.js";
import { childrenOf, mainNode } from "./tree.js";

/** Sections { rank, start, end }, the last first; `rank`s may come again. */
export function criticalPath(nodes) {
  const main = mainNode(nodes);
  if (!main) {
    return [];
  }
  const sections = [];
  const origin = originOf(nodes);
  const drawn = (time) => Number(time - origin);
  const add = (rank, start, end) => end > start && sections.push({ rank, start: drawn(start), end: drawn(end) });
  const stack = [open(nodes, main.rank, main.span.startNano, main.span.endNano)];
  while (stack.length > 0) {
    const frame = stack.at(-1);
    const child = frame.children.pop();
    if (!child) {
      add(frame.rank, frame.start, frame.cursor);
      stack.pop();
    } else if (child.end <= frame.cursor) {
      add(frame.rank, child.end, frame.cursor);
      frame.cursor = child.start;
      stack.push(open(nodes, child.rank, child.start, child.end));
    }
  }
  return sections;
}

/** A span within its bounds, with its children in the order of their ends, cut to it; those that do not overlap it are left out. */
function open(nodes, rank, start, end) {
  const children = childrenOf(nodes, rank).map((child) => {
    const { span } = nodes[child];
    return { rank: child, start: later(span.startNano, start), end: earlier(span.endNano, end) };
  });
  const within = children.filter((child) => child.end > child.start);
  // Of those that end together, the one that starts first is taken: it is the longer.
  within.sort((a, b) => order(a.end, b.end) || order(b.start, a.start));
  return { rank, start, cursor: end, children: within };
}

/** Where what is drawn counts from: any span tells that is not so far from there that it is drawn at a rounded place. */
function originOf(nodes) {
  const { span } = nodes.find(({ span }) => Number.isSafeInteger(span.start));
  return span.startNano - BigInt(span.start);
}

const earlier = (a, b) => (a < b ? a : b);
const later = (a, b) => (a > b ? a : b);
const order = (a, b) => (a < b ? -1 : a > b ? 1 : 0);

/** By rank, for drawing. */
export const sectionsByRank = (sections) => groupBy(sections, ({ rank }) => rank);

/**
 * The sections of one span that a part of the time has, { start, end }, for drawing: those that are nearer to each other than `gap`
 * are one. A span with a hundred thousand children has as many sections.
 */
export function joined(sections, { from, to }, gap) {
  const drawn = [];
  for (const { start, end } of sections) {
    if (end > from && start < to) {
      const later = drawn.at(-1);
      if (later && later.start - end < gap) {
        later.start = start;
      } else {
        drawn.push({ start, end });
      }
    }
  }
  return drawn;
}

/** How much of a span no child of it covers; null if it is not known how long the span is. */
export function selfTime(nodes, rank) {
  const { startNano, endNano, duration } = nodes[rank].span;
  if (duration === null) {
    return null;
  }
  const covered = childrenOf(nodes, rank)
    .map((child) => [later(nodes[child].span.startNano, startNano), earlier(nodes[child].span.endNano, endNano)])
    .filter(([start, end]) => end > start)
    .sort(([a], [b]) => order(a, b));
  let self = duration;
  let until = startNano;
  for (const [start, end] of covered) {
    if (end > until) {
      self -= end - later(start, until);
      until = end;
    }
  }
  return self;
}
