// Keys in, a walk through the list out: one row is the current one, whose link and box Tab reaches.

/** { current(), move(step), focus(), refresh() } over the rows of rows.js. */
export function walk(rows) {
  let id = null;

  function setCurrent(next) {
    stops(id, "-1");
    id = next;
    stops(id, "0");
  }

  function stops(id, tabindex) {
    const row = rows.rowOf(id);
    row?.link.setAttribute("tabindex", tabindex);
    row?.box.setAttribute("tabindex", tabindex);
  }

  rows.element.addEventListener("focusin", ({ target }) => {
    const at = [...rows.element.children].indexOf(target.closest("li"));
    if (at !== -1) {
      setCurrent(rows.ids()[at]);
    }
  });

  function focus() {
    rows.rowOf(id)?.link.focus();
  }

  return {
    current: () => id,
    focus,
    /** From where the focus is, or to the first row if it is elsewhere. */
    move(step) {
      const ids = rows.ids();
      const moves = rows.element.contains(document.activeElement) || !Number.isFinite(step);
      const at = moves ? ids.indexOf(id) + step : ids.indexOf(id);
      setCurrent(ids[Math.min(Math.max(at, 0), ids.length - 1)] ?? null);
      focus();
    },
    /** After the list has changed: there is a current row as long as there is any. */
    refresh() {
      setCurrent(rows.rowOf(id) ? id : (rows.ids()[0] ?? null));
    },
  };
}
