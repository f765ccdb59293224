// Services and calls in, the column of each service out: callers stand to the left of whom they call. A call that closes a circle
// is turned round for this, and told apart.

import { groupBy } from "./group-by.js";

/** { columns: name -> number, back: set of calls that lead to the left }. Calls are { parent, child }. */
export function layers(names, calls) {
  const called = new Set(calls.map(({ child }) => child));
  const { back, order } = walk(names, called, groupBy(calls, ({ parent }) => parent));
  const out = groupBy(calls.filter((call) => !back.has(call)), ({ parent }) => parent);
  const columns = new Map(names.map((name) => [name, 0]));
  for (const name of order) {
    for (const { child } of out.get(name) ?? []) {
      columns.set(child, Math.max(columns.get(child), columns.get(name) + 1));
    }
  }
  pullRight(names.filter((name) => !called.has(name) && out.has(name)), out, columns);
  return { columns, back };
}

// A depth-first walk: a call to a service that is on the way to here closes a circle. It begins at services that nobody calls.
// `order` has every caller before whom it calls, but for those circles.
function walk(names, called, out) {
  const state = new Map();
  const back = new Set();
  const order = [];
  for (const first of [...names.filter((name) => !called.has(name)), ...names]) {
    if (state.has(first)) {
      continue;
    }
    // A stack of its own: a chain of calls may be longer than the engine's.
    const path = [{ name: first, next: 0 }];
    state.set(first, "open");
    while (path.length > 0) {
      const top = path.at(-1);
      const call = (out.get(top.name) ?? [])[top.next];
      top.next += 1;
      if (!call) {
        state.set(top.name, "done");
        order.push(path.pop().name);
      } else if (state.get(call.child) === "open") {
        back.add(call);
      } else if (!state.has(call.child)) {
        state.set(call.child, "open");
        path.push({ name: call.child, next: 0 });
      }
    }
  }
  return { back, order: order.reverse() };
}

// Who is called by nobody stands right before whom it calls first, not all the way to the left.
function pullRight(uncalled, out, columns) {
  for (const name of uncalled) {
    const nearest = out.get(name).reduce((least, { child }) => Math.min(least, columns.get(child)), Infinity);
    columns.set(name, nearest - 1);
  }
}
