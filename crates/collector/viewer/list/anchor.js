// A change of the list in; what its reader looks at stays where it is on the screen, and what has the focus keeps it.

/** Makes a change. At the top of the page what is new comes into view; further down nothing moves. */
export function keepPlace(list, change) {
  const active = list.contains(document.activeElement) ? document.activeElement : null;
  const anchor = active?.closest("li") ?? firstVisible(list);
  const before = anchor?.getBoundingClientRect().top;
  change();
  if (active && active !== document.activeElement && active.isConnected) {
    active.focus({ preventScroll: true });
  }
  if (anchor?.isConnected) {
    const moved = anchor.getBoundingClientRect().top - before;
    if (moved !== 0) {
      window.scrollBy({ top: moved, behavior: "instant" });
    }
  }
}

// None while the list's beginning is in view.
function firstVisible(list) {
  if (list.getBoundingClientRect().top >= 0) {
    return null;
  }
  return [...list.children].find((row) => row.getBoundingClientRect().bottom > 0) ?? null;
}
