// Shapes of traces: the number of spans in, { parent, from, to } of each out: the index of the parent, -1 for none, and nanoseconds.
// Parents stand before their children. The same each time.

export const SHAPES = { flat, deep, bushy, random };

/** One root, everything else below it, one after the other with gaps between. */
function flat(spans) {
  const child = (_, index) => ({ parent: 0, from: index * 1_000, to: index * 1_000 + 600 });
  return [{ parent: -1, from: 0, to: spans * 1_000 }, ...Array.from({ length: spans - 1 }, child)];
}

/** Each below the one before, and within it. */
function deep(spans) {
  return Array.from({ length: spans }, (_, index) => ({ parent: index - 1, from: index * 10, to: (2 * spans - index) * 10 }));
}

/** Six or so levels, wide at the top. */
function bushy(spans) {
  const all = [{ parent: -1, from: 0, to: 4e9, depth: 0 }];
  for (let next = 0; all.length < spans; next += 1) {
    const { from, to, depth } = all[next];
    const children = depth < 2 ? 12 : 2 + ((next * 7) % 8);
    const part = (to - from) / children;
    for (let child = 0; child < children && all.length < spans; child += 1) {
      all.push({ parent: next, from: from + part * child, to: from + part * (child + 0.8), depth: depth + 1 });
    }
  }
  return all.map(({ parent, from, to }) => ({ parent, from: Math.round(from), to: Math.round(to) }));
}

/** Any parent, any time: some outlive their parents. */
function random(spans) {
  const next = numbers(1);
  const all = [{ parent: -1, from: 0, to: spans * 1_000 }];
  while (all.length < spans) {
    const parent = Math.floor(next() * all.length);
    const { from, to } = all[parent];
    const start = Math.round(from + next() * (to - from));
    all.push({ parent, from: start, to: Math.round(start + next() * (to - start) * 1.1) });
  }
  return all;
}

/** Numbers from 0 to 1, by mulberry32: the same from each seed. */
export function numbers(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
