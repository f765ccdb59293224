// The traces of a list in, what each service has in them out; and which services have most to do with others.

/** name -> { traces, spans }; names that only calls have are there with none. */
export function serviceCounts(traces, calls) {
  const counts = new Map();
  for (const { parent, child } of calls) {
    counts.set(parent, { traces: 0, spans: 0 });
    counts.set(child, { traces: 0, spans: 0 });
  }
  for (const { name, spans } of traces.flatMap(({ services }) => services)) {
    const before = counts.get(name) ?? { traces: 0, spans: 0 };
    counts.set(name, { traces: before.traces + 1, spans: before.spans + spans });
  }
  return new Map([...counts].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/**
 * The names of so many services, those with the most calls and then those with the most spans; and so many calls between them, those
 * that are the most.
 */
export function busiest(counts, calls, most) {
  const total = new Map([...counts.keys()].map((name) => [name, 0]));
  for (const { parent, child, callCount } of calls) {
    total.set(parent, total.get(parent) + callCount);
    total.set(child, total.get(child) + callCount);
  }
  const order = (a, b) => total.get(b) - total.get(a) || counts.get(b).spans - counts.get(a).spans;
  const chosen = new Set([...counts.keys()].sort(order).slice(0, most.services));
  const between = calls.filter(({ parent, child }) => chosen.has(parent) && chosen.has(child));
  const drawn = new Set([...between].sort((a, b) => b.callCount - a.callCount).slice(0, most.calls));
  return {
    names: [...counts.keys()].filter((name) => chosen.has(name)),
    calls: between.filter((call) => drawn.has(call)),
  };
}
