// Files in; out what became of them, for their reader: a panel above the list, with links to the traces.

import { line } from "../model/visible.js";
import { base, tracePath } from "../shared/base.js";
import { h } from "../shared/dom.js";
import { count, grouped } from "../shared/format.js";
import { icon } from "../shared/icons.js";
import { name, value } from "../shared/text.js";
import { uploadFiles } from "./uploading.js";

/** { element, choose(), upload(files) } */
export function uploadPanel() {
  const input = h("input", { type: "file", id: "upload-input", class: "offscreen", multiple: true, tabindex: "-1", "aria-label": "Files of traces" });
  const list = h("ul", { class: "upload-results", id: "upload-results", "aria-live": "polite" });
  const close = h("button", { type: "button", class: "quiet", "aria-label": "Close", on: { click: () => (panel.hidden = true) } }, icon("close"));
  const panel = h("section", { class: "upload-panel", "aria-label": "Uploads", hidden: true }, list, close);

  async function upload(files) {
    if (panel.hidden) {
      list.replaceChildren();
    }
    panel.hidden = files.length === 0;
    const which = h("span");
    // Not read aloud: each step would be.
    const progress = h("progress", { max: "1", "aria-hidden": "true" });
    const busy = h("li", { class: "soft" }, which, progress);
    list.append(busy);
    await uploadFiles(files, `${base}/api/upload`, {
      onFile(number) {
        which.textContent = `Uploading ${line(files[number].name, 80)}${files.length > 1 ? ` (${number + 1} of ${files.length})` : ""} …`;
        progress.value = 0;
      },
      onProgress: (share) => (progress.value = share),
      onResult: (result) => busy.before(entry(result)),
    });
    busy.remove();
  }

  input.addEventListener("change", () => {
    upload([...input.files]);
    // The same file may be chosen again.
    input.value = "";
  });
  return { element: h("div", {}, input, panel), choose: () => input.click(), upload };
}

function entry({ name: file, error, spans, traces, traceIds, rejected, refused }) {
  const problem = error ?? (refused.parts > 0 ? refused.message : null);
  const more = refused?.parts > 1 ? ` (the first of ${grouped(refused.parts)} such places)` : "";
  const notTaken = problem === null ? null : ["not taken: ", value(problem), more];
  if (error || spans + rejected.spans === 0) {
    return h("li", { class: "upload-failed" }, name(file), ": ", notTaken);
  }
  const failed = (...words) => h("div", { class: "upload-failed" }, words);
  return h("li", {}, name(file), `: ${count(spans, "span")} taken`, links(traces, traceIds),
    rejected.spans > 0 ? failed(`${count(rejected.spans, "span")} rejected: `, value(rejected.message)) : null,
    notTaken && failed(notTaken));
}

function links(traces, ids) {
  if (traces === 0) {
    return null;
  }
  const more = traces > ids.length ? ` and ${grouped(traces - ids.length)} more` : "";
  const one = (id) => h("a", { href: tracePath(id), class: "mono" }, id.slice(0, 8));
  return [` in ${count(traces, "trace")}: `, ids.flatMap((id) => [one(id), " "]), more];
}
