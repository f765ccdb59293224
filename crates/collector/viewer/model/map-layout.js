// Services and calls in, a drawing's coordinates out: columns from left to right, few crossings, calls past other services led
// around them. Services without any call stand in rows below.

import { layers } from "./map-layers.js";

const SWEEPS = 12;
/** The rows below have as many boxes as there are columns above, and at least so many. */
const BESIDE = 4;

/**
 * { nodes: [{ name, x, y }], edges: [{ call, back, points: [{ x, y }, …] }], width, height }. A point is a box's middle; `size`
 * says how large a box is and how far boxes are apart, { width, height, across, down }.
 */
export function layout(names, calls, size) {
  const called = new Set(calls.flatMap(({ parent, child }) => [parent, child]));
  const connected = names.filter((name) => called.has(name));
  const { columns, back } = layers(connected, calls);
  const { slots, chains } = slotsOf(connected, calls, columns, back);
  const placed = coordinates(untangle(slots, chains), size);
  placeBelow(names.filter((name) => !called.has(name)), placed, Math.max(slots.length, BESIDE), size);
  const nodes = names.map((name) => ({ name, ...placed.at.get(name) }));
  const edges = chains.map(({ call, chain }) => {
    const points = chain.map((slot) => placed.at.get(slot));
    return { call, back: back.has(call), points: back.has(call) ? points.reverse() : points };
  });
  return { nodes, edges, width: placed.width, height: placed.height };
}

// Each column's slots: services, and the places where calls pass by.
function slotsOf(names, calls, columns, back) {
  const slots = Array.from({ length: Math.max(-1, ...columns.values()) + 1 }, () => []);
  names.forEach((name) => slots[columns.get(name)].push(name));
  const chains = calls.map((call) => {
    const [from, to] = back.has(call) ? [call.child, call.parent] : [call.parent, call.child];
    const chain = [from];
    for (let column = columns.get(from) + 1; column < columns.get(to); column += 1) {
      const passing = { call };
      slots[column].push(passing);
      chain.push(passing);
    }
    chain.push(to);
    return { call, chain };
  });
  return { slots, chains };
}

// To and fro, each column is sorted by the middle of its neighbours in the column before.
function untangle(slots, chains) {
  const left = new Map();
  const right = new Map();
  for (const { chain } of chains) {
    for (let at = 1; at < chain.length; at += 1) {
      add(left, chain[at], chain[at - 1]);
      add(right, chain[at - 1], chain[at]);
    }
  }
  let best = slots;
  let fewest = crossings(slots, right);
  let now = slots;
  for (let sweep = 0; sweep < SWEEPS && fewest > 0; sweep += 1) {
    const [neighbours, columns] = sweep % 2 === 0 ? [left, now.keys()] : [right, [...now.keys()].reverse()];
    now = [...now];
    for (const column of columns) {
      const positions = new Map(now.flatMap((slots) => slots.map((slot, index) => [slot, index / slots.length])));
      const middle = (slot) => average((neighbours.get(slot) ?? [slot]).map((other) => positions.get(other)));
      now[column] = [...now[column]].sort((a, b) => middle(a) - middle(b));
    }
    const count = crossings(now, right);
    if (count < fewest) {
      [best, fewest] = [now, count];
    }
  }
  return best;
}

function crossings(slots, right) {
  let count = 0;
  for (let column = 0; column + 1 < slots.length; column += 1) {
    const index = new Map(slots[column + 1].map((slot, at) => [slot, at]));
    const ends = slots[column].map((slot) => (right.get(slot) ?? []).map((other) => index.get(other)));
    for (let upper = 0; upper < ends.length; upper += 1) {
      for (let lower = upper + 1; lower < ends.length; lower += 1) {
        count += ends[upper].reduce((sum, end) => sum + ends[lower].filter((other) => other < end).length, 0);
      }
    }
  }
  return count;
}

// A place where a call only passes by is less high than a box.
function coordinates(order, { width, height, across, down }) {
  const at = new Map();
  const heights = order.map((slots) => slots.reduce((sum, slot) => sum + step(slot), 0));
  const tallest = Math.max(0, ...heights);
  function step(slot) {
    return typeof slot === "string" ? height + down : (height + down) / 2;
  }
  order.forEach((slots, column) => {
    let y = (tallest - heights[column]) / 2;
    for (const slot of slots) {
      at.set(slot, { x: column * (width + across) + width / 2, y: y + step(slot) / 2 });
      y += step(slot);
    }
  });
  return { at, width: Math.max(0, order.length * (width + across) - across), height: tallest };
}

function placeBelow(names, placed, beside, { width, height, across, down }) {
  const top = placed.height > 0 && names.length > 0 ? placed.height + down : placed.height;
  names.forEach((name, index) => {
    const [column, row] = [index % beside, Math.floor(index / beside)];
    const at = { x: column * (width + across) + width / 2, y: top + row * (height + down) + (height + down) / 2 };
    placed.at.set(name, at);
    placed.width = Math.max(placed.width, at.x + width / 2);
    placed.height = Math.max(placed.height, at.y + (height + down) / 2);
  });
}

function add(map, key, value) {
  map.set(key, [...(map.get(key) ?? []), value]);
}

function average(values) {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
