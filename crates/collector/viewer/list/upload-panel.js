// Files in; out what became of them, for their reader: a panel above the list, with links to the traces.

import { base, tracePath } from "../shared/base.js";
import { h } from "../shared/dom.js";
import { count, grouped } from "../shared/format.js";
import { name, value } from "../shared/text.js";
import { icon } from "../shared/icons.js";
import { uploadFiles } from "./uploading.js";

/** How many of a file's traces are linked to. */
const LINKS = 5;

/** { element, choose(), upload(files) } */
export function uploadPanel() {
  const input = h("input", { type: "file", id: "upload-input", class: "offscreen", multiple: true, tabindex: "-1", "aria-label": "Files of OTLP JSON" });
  const list = h("ul", { class: "upload-results", id: "upload-results", "aria-live": "polite" });
  const close = h("button", { type: "button", class: "quiet", "aria-label": "Close", on: { click: () => (panel.hidden = true) } }, icon("close"));
  const panel = h("section", { class: "upload-panel", "aria-label": "Uploads", hidden: true }, list, close);

  async function upload(files) {
    if (panel.hidden) {
      list.replaceChildren();
    }
    panel.hidden = files.length === 0;
    const busy = h("li", { class: "soft" }, `Uploading ${count(files.length, "file")} …`);
    list.append(busy);
    await uploadFiles(files, `${base}/v1/traces`, (result) => busy.before(line(result)));
    busy.remove();
  }

  input.addEventListener("change", () => {
    upload([...input.files]);
    // The same file may be chosen again.
    input.value = "";
  });
  return { element: h("div", {}, input, panel), choose: () => input.click(), upload };
}

function line(result) {
  if (result.error) {
    return h("li", { class: "upload-failed" }, name(result.name), ": not taken: ", value(result.error));
  }
  const rejected = result.rejected > 0 ? h("div", { class: "upload-failed" }, `${count(result.rejected, "span")} rejected: `, value(result.message)) : null;
  return h("li", {}, name(result.name), `: ${count(result.spans, "span")} taken`, links(result.traceIds), rejected);
}

function links(ids) {
  if (ids.length === 0) {
    return null;
  }
  const more = ids.length > LINKS ? ` and ${grouped(ids.length - LINKS)} more` : "";
  const one = (id) => h("a", { href: tracePath(id), class: "mono" }, id.slice(0, 8));
  return [` in ${count(ids.length, "trace")}: `, ids.slice(0, LINKS).flatMap((id) => [one(id), " "]), more];
}
