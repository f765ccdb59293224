// Services and calls in, the column of each service out: callers stand to the left of whom they call. A call that closes a circle
// is turned round for this, and told apart.

/** { columns: name -> number, back: set of calls that lead to the left }. Calls are { parent, child }. */
export function layers(names, calls) {
  const { back, order } = walk(names, calls);
  const forward = calls.filter((call) => !back.has(call));
  const out = group(forward, "parent");
  const columns = new Map(names.map((name) => [name, 0]));
  for (const name of order) {
    for (const { child } of out.get(name) ?? []) {
      columns.set(child, Math.max(columns.get(child), columns.get(name) + 1));
    }
  }
  pullRight(names, forward, columns);
  return { columns, back };
}

// A depth-first walk: a call to a service that is on the way to here closes a circle. It begins at services that nobody calls.
// `order` has every caller before whom it calls, but for those circles.
function walk(names, calls) {
  const out = group(calls, "parent");
  const called = new Set(calls.map(({ child }) => child));
  const state = new Map();
  const back = new Set();
  const order = [];
  const begin = [...names.filter((name) => !called.has(name)), ...names];
  for (const first of begin.filter((name) => !state.has(name))) {
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
function pullRight(names, calls, columns) {
  const out = group(calls, "parent");
  const called = new Set(calls.map(({ child }) => child));
  for (const name of names.filter((name) => !called.has(name) && out.has(name))) {
    const nearest = Math.min(...out.get(name).map(({ child }) => columns.get(child)));
    columns.set(name, nearest - 1);
  }
}

function group(calls, key) {
  const groups = new Map();
  for (const call of calls) {
    const name = call[key];
    groups.set(name, [...(groups.get(name) ?? []), call]);
  }
  return groups;
}
