// Services and calls in, a drawing's coordinates out: columns from left to right, few crossings, calls past other services led
// around them. Services without any call stand in rows below.

import { untangle } from "./map-crossings.js";
import { layers } from "./map-layers.js";

/** So many places to pass by services there are; calls that find none lead straight across. */
const PLACES = 10_000;
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
  const placed = coordinates(untangle(slots, linesOf(chains, columns)), size);
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
  const last = names.reduce((most, name) => Math.max(most, columns.get(name)), -1);
  const slots = Array.from({ length: last + 1 }, () => []);
  names.forEach((name) => slots[columns.get(name)].push(name));
  let room = PLACES;
  const chains = calls.map((call) => {
    const [from, to] = back.has(call) ? [call.child, call.parent] : [call.parent, call.child];
    const chain = [from];
    const passed = columns.get(to) - columns.get(from) - 1;
    if (passed > room) {
      return { call, chain: [from, to] };
    }
    room -= passed;
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

// The pieces of calls that lead from one column to the next.
function linesOf(chains, columns) {
  const lines = [];
  for (const { chain } of chains) {
    const isLed = chain.length > 2 || columns.get(chain[1]) - columns.get(chain[0]) === 1;
    for (let at = 1; at < chain.length && isLed; at += 1) {
      lines.push({ from: chain[at - 1], to: chain[at] });
    }
  }
  return lines;
}

// A place where a call only passes by is less high than a box.
function coordinates(order, { width, height, across, down }) {
  const at = new Map();
  const heights = order.map((slots) => slots.reduce((sum, slot) => sum + step(slot), 0));
  const tallest = heights.reduce((most, one) => Math.max(most, one), 0);
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
