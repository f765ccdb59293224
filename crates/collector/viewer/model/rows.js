// Which nodes of a tree are seen: the tree and what is collapsed in, ranks in their order out.

/** `collapsed` holds ranks, whose descendants are left out. */
export function visibleRanks(nodes, collapsed) {
  const ranks = [];
  for (let rank = 0; rank < nodes.length; rank += collapsed.has(rank) ? nodes[rank].size : 1) {
    ranks.push(rank);
  }
  return ranks;
}

/** Where a rank is among visible ones; where it would be, if it is not there, as -(place + 1). */
export function placeOf(ranks, rank) {
  let low = 0;
  let high = ranks.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    if (ranks[middle] === rank) {
      return middle;
    }
    if (ranks[middle] < rank) {
      low = middle + 1;
    } else {
      high = middle - 1;
    }
  }
  return -(low + 1);
}

/** The row that shows a rank: its own, or that of the collapsed ancestor that hides it. */
export function rowShowing(ranks, rank) {
  const place = placeOf(ranks, rank);
  return place >= 0 ? place : -place - 2;
}

/** What is collapsed without that which hides this rank. */
export function opened(nodes, collapsed, rank) {
  const open = new Set(collapsed);
  for (let parent = nodes[rank].parent; parent >= 0; parent = nodes[parent].parent) {
    open.delete(parent);
  }
  return open;
}

/** All that has something below it. */
export const allCollapsed = (nodes) => new Set(nodes.filter(({ size }) => size > 1).map(({ rank }) => rank));

/** The next rank of a sorted list after this one (before it, with a step of -1), around the end. */
export function nextOf(sorted, rank, step) {
  if (sorted.length === 0) {
    return null;
  }
  const place = placeOf(sorted, rank);
  const from = place >= 0 ? place + step : step > 0 ? -place - 1 : -place - 2;
  return sorted[(from + sorted.length) % sorted.length];
}
