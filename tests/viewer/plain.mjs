// The same as the viewer's model by the plainest ways there are: for small inputs, with which the quick ways are compared.

const children = (spans, parent) => spans.filter((span) => span.parentId === parent.id && span !== parent);
const first = (a, b) => Number(a.startNano - b.startNano) || (a.id < b.id ? -1 : 1);

/** Within one tick of the clock by their ends, or as they came. */
const earlier = (a, b) => Number(a.startNano - b.startNano) || Number(a.endNano - b.endNano);

/** [span, depth, place] in the order of the tree. */
export function tree(spans) {
  const rows = [];
  const add = (span, depth, place) => {
    if (!rows.some(([known]) => known === span)) {
      rows.push([span, depth, place]);
      children(spans, span).sort(earlier).forEach((child) => add(child, depth + 1, "child"));
    }
  };
  const parentOf = (span) => spans.find(({ id }) => id === span.parentId);
  const tops = spans.filter((span) => !parentOf(span)).sort(first);
  tops.forEach((span) => add(span, 0, span.parentId === null ? "root" : "orphan"));
  const isOnCycle = (span) => {
    let above = parentOf(span);
    for (let step = 0; step < spans.length && above && above !== span; step += 1) {
      above = parentOf(above);
    }
    return above === span;
  };
  spans.filter(isOnCycle).sort(first).forEach((span) => add(span, 0, "cycle"));
  return rows;
}

const below = (nodes, rank) => nodes.filter(({ parent }) => parent === rank);
const overlap = (inner, { start, end }) => ({ start: Math.max(inner.start, start), end: Math.min(inner.end, end) });

/** Sections { rank, start, end }, the last first: again and again the child that ends last before the cursor. */
export function criticalPath(nodes, rank, part = nodes[rank].span) {
  const sections = [];
  const add = (start, end) => end > start && sections.push({ rank, start, end });
  let cursor = part.end;
  for (;;) {
    const left = below(nodes, rank).map((node) => ({ rank: node.rank, ...overlap(node.span, part) }));
    const waited = left.filter(({ start, end }) => end > start && end <= cursor);
    if (waited.length === 0) {
      add(part.start, cursor);
      return sections;
    }
    const later = (a, b) => (b.end > a.end || (b.end === a.end && b.start <= a.start) ? b : a);
    const child = waited.reduce(later);
    add(child.end, cursor);
    sections.push(...criticalPath(nodes, child.rank, child));
    cursor = child.start;
  }
}

/** Nanosecond by nanosecond. */
export function selfTime(nodes, rank) {
  let self = 0;
  for (let time = nodes[rank].span.start; time < nodes[rank].span.end; time += 1) {
    self += below(nodes, rank).some(({ span }) => span.start <= time && time < span.end) ? 0 : 1;
  }
  return self;
}

/** The ranks of nodes of which no ancestor is collapsed. */
export function visibleRanks(nodes, collapsed) {
  const isHidden = ({ parent }) => parent >= 0 && (collapsed.has(parent) || isHidden(nodes[parent]));
  return nodes.filter((node) => !isHidden(node)).map(({ rank }) => rank);
}

/** Of each node, what it is compared by: the kinds from the top to it, each with its number among siblings alike. */
export function paths(nodes) {
  const kind = ({ span }) => `${span.service}/${span.name}`;
  return nodes.map((node) => {
    const path = [];
    for (let each = node; each; each = nodes[each.parent]) {
      const alike = nodes.filter((other) => other.parent === each.parent && kind(other) === kind(each));
      path.unshift(`${kind(each)}#${alike.indexOf(each)}`);
    }
    return path.join(" > ");
  });
}

/** Each pair of lines looked at. */
export function crossings(columns, lines) {
  const place = (slot) => columns.find((slots) => slots.includes(slot)).indexOf(slot);
  const column = (slot) => columns.findIndex((slots) => slots.includes(slot));
  const cross = (a, b) => column(a.from) === column(b.from) && place(a.from) < place(b.from) && place(a.to) > place(b.to);
  return lines.reduce((sum, line) => sum + lines.filter((other) => cross(line, other)).length, 0);
}

/** The longest way to a service over calls that go forward; who is not called stands one before the nearest it calls. */
export function columns(names, calls, back) {
  const forward = calls.filter((call) => !back.has(call));
  const far = (name) => Math.max(0, ...forward.filter(({ child }) => child === name).map(({ parent }) => far(parent) + 1));
  const isCalled = (name) => calls.some(({ child }) => child === name);
  const column = (name) => {
    const called = forward.filter(({ parent }) => parent === name);
    return isCalled(name) || called.length === 0 ? far(name) : Math.min(...called.map(({ child }) => far(child))) - 1;
  };
  return new Map(names.map((name) => [name, column(name)]));
}
