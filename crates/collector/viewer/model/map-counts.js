// The traces of a list in, what each service has in them out.

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
