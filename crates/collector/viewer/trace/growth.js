// A trace that is still growing: says so, with how many spans are new, once the collector has told that there are more than are
// shown.

import { eventSource, getJson } from "../shared/api.js";
import { fill, h } from "../shared/dom.js";
import { count } from "../shared/format.js";

export function growth(id, shown) {
  const note = h("span", { role: "status", class: "growth" });
  const reload = h("button", { type: "button", class: "link" }, "Reload");
  reload.addEventListener("click", () => location.reload());
  follow(id, (spans) => {
    if (spans > shown) {
      fill(note, `${count(spans - shown, "new span")} – `, reload);
    }
  });
  return note;
}

/** Without live news, which older collectors do not give, the page is as good as it was. */
async function follow(id, tell) {
  const { version } = await getJson("/api/list?limit=1").catch(() => ({}));
  if (version === undefined) {
    return;
  }
  const source = eventSource(`/api/live?since=${encodeURIComponent(version)}`);
  source.addEventListener("traces", (event) => {
    const found = JSON.parse(event.data).traces.find(({ traceId }) => traceId === id);
    if (found) {
      tell(found.spanCount);
    }
  });
  addEventListener("pagehide", () => source.close());
}
