// The columns of a drawing in, the same columns in an order in which few lines cross out. A column is a list of slots, a line leads
// from a slot to one of the next column, { from, to }.

import { groupBy } from "./group-by.js";

const SWEEPS = 12;

/** To and fro, each column is sorted by the middle of its neighbours before it. */
export function untangle(columns, lines) {
  const left = groupBy(lines, ({ to }) => to, ({ from }) => from);
  const right = groupBy(lines, ({ from }) => from, ({ to }) => to);
  let best = columns;
  let fewest = crossings(columns, right);
  let now = columns;
  for (let sweep = 0; sweep < SWEEPS && fewest > 0; sweep += 1) {
    now = sweep % 2 === 0 ? swept(now, left, now.keys()) : swept(now, right, [...now.keys()].reverse());
    const count = crossings(now, right);
    if (count < fewest) {
      [best, fewest] = [now, count];
    }
  }
  return best;
}

function swept(columns, neighbours, order) {
  const positions = new Map();
  const place = (slots) => slots.forEach((slot, index) => positions.set(slot, index / slots.length));
  columns.forEach(place);
  const after = [...columns];
  for (const column of order) {
    const middles = new Map(after[column].map((slot) => [slot, average(neighbours.get(slot) ?? [slot], positions)]));
    after[column] = [...after[column]].sort((a, b) => middles.get(a) - middles.get(b));
    place(after[column]);
  }
  return after;
}

function average(slots, positions) {
  return slots.reduce((sum, slot) => sum + positions.get(slot), 0) / slots.length;
}

/** How many pairs of lines cross; `right` has the slots in the next column that lines lead to from a slot. */
export function crossings(columns, right) {
  let count = 0;
  for (let column = 0; column + 1 < columns.length; column += 1) {
    const index = new Map(columns[column + 1].map((slot, at) => [slot, at]));
    const above = counter(columns[column + 1].length);
    let lines = 0;
    for (const slot of columns[column]) {
      const ends = (right.get(slot) ?? []).map((other) => index.get(other));
      // Lines from further up cross this one if they end further down.
      ends.forEach((end) => (count += lines - above.upTo(end)));
      ends.forEach((end) => above.add(end));
      lines += ends.length;
    }
  }
  return count;
}

/** Counts places, and how many of those counted are not beyond one: a Fenwick tree. */
function counter(size) {
  const sums = new Int32Array(size + 1);
  return {
    add(place) {
      for (let at = place + 1; at <= size; at += at & -at) {
        sums[at] += 1;
      }
    },
    upTo(place) {
      let sum = 0;
      for (let at = place + 1; at > 0; at -= at & -at) {
        sum += sums[at];
      }
      return sum;
    },
  };
}
