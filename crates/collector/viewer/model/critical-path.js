// A tree in, its critical path out: which span the trace was waiting for at each moment.
//
// Walked back from the end of the root: what ran last before the moment that is looked at is waited for, and before its start what
// ended last before that. Children are cut to their parents, whom they may outlive.

import { groupBy } from "./group-by.js";
import { childrenOf, mainNode } from "./tree.js";

/** Sections { rank, start, end }, the last first; `rank`s may come again. */
export function criticalPath(nodes) {
  const main = mainNode(nodes);
  if (!main) {
    return [];
  }
  const sections = [];
  const add = (rank, start, end) => end > start && sections.push({ rank, start, end });
  const stack = [open(nodes, main.rank, main.span.start, main.span.end)];
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
    return { rank: child, start: Math.max(span.start, start), end: Math.min(span.end, end) };
  });
  const within = children.filter((child) => child.end > child.start);
  // Of those that end together, the one that starts first is taken: it is the longer.
  within.sort((a, b) => a.end - b.end || b.start - a.start);
  return { rank, start, cursor: end, children: within };
}

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

/** How much of a span no child of it covers. */
export function selfTime(nodes, rank) {
  const { span } = nodes[rank];
  const covered = childrenOf(nodes, rank)
    .map((child) => [Math.max(nodes[child].span.start, span.start), Math.min(nodes[child].span.end, span.end)])
    .filter(([start, end]) => end > start)
    .sort(([a], [b]) => a - b);
  let self = span.duration;
  let until = span.start;
  for (const [start, end] of covered) {
    self -= Math.max(0, end - Math.max(start, until));
    until = Math.max(until, end);
  }
  return self;
}
