// Which traces are selected: ids in, ids out, in the order in which they were selected.

/** { has(id), set(id, selected), toggle(id), keepOnly(ids), ids(), clear() }; `onChange()` is told of each change. */
export function selection(onChange) {
  const chosen = new Set();

  function set(id, selected) {
    if (selected) {
      chosen.add(id);
    } else {
      chosen.delete(id);
    }
    onChange();
  }

  return {
    has: (id) => chosen.has(id),
    set,
    toggle: (id) => set(id, !chosen.has(id)),
    ids: () => [...chosen],
    /** What is listed no more is chosen no more. */
    keepOnly(ids) {
      const listed = new Set(ids);
      const gone = [...chosen].filter((id) => !listed.has(id));
      gone.forEach((id) => chosen.delete(id));
      if (gone.length > 0) {
        onChange();
      }
    },
    clear() {
      chosen.clear();
      onChange();
    },
  };
}
