// A trace that is still growing: says so, with how many spans are new, once the collector has more than are shown.

import { getJson } from "../shared/api.js";
import { fill, h } from "../shared/dom.js";
import { count } from "../shared/format.js";
import { whileSeen } from "../shared/while-seen.js";

/** How long after an answer the next one is asked for: longer each time, as long as nothing grows. */
const PAUSE = 1_000;
const LONGEST = 30_000;

export function growth(id, shown) {
  const note = h("span", { role: "status", class: "growth" });
  const reload = h("button", { type: "button", class: "link" }, "Reload");
  reload.addEventListener("click", () => location.reload());
  let known = shown;
  let pause = PAUSE;
  whileSeen(async (signal) => {
    const spans = await spansOf(id, signal);
    if (spans > known) {
      fill(note, `${count(spans - shown, "new span")} – `, reload);
    }
    pause = spans > known ? PAUSE : Math.min(pause * 2, LONGEST);
    known = Math.max(known, spans);
    return pause;
  });
  return note;
}

/** 0 without an answer: the page is as good as it was. */
async function spansOf(id, signal) {
  const { traces = [] } = await getJson(`/api/list?traceID=${id}`, { signal }).catch(() => ({}));
  return traces.find(({ traceId }) => traceId === id)?.spanCount ?? 0;
}
