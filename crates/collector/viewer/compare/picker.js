// Which traces are compared: two fields for their ids, a button that swaps them.

import { traceId } from "../model/id.js";
import { comparePath } from "../shared/base.js";
import { h } from "../shared/dom.js";
import { icon } from "../shared/icons.js";

export function buildPicker(ids) {
  const fields = ids.map(({ given, id }, index) => {
    const side = "AB"[index];
    const input = h("input", { id: `id-${side.toLowerCase()}`, value: id ?? given, autocomplete: "off", spellcheck: "false", placeholder: "Trace id" });
    return { side, input };
  });
  const message = h("p", { class: "bad", id: "picker-problem", role: "alert" });
  const swap = h("button", { type: "button", id: "swap", title: "Swap A and B" }, icon("swap"), "Swap");
  const form = h(
    "form",
    { class: "picker" },
    fields.map(({ side, input }) => h("label", {}, h("b", {}, side), input)),
    h("button", { class: "primary" }, "Compare"),
    swap,
  );

  function open([a, b]) {
    location.assign(comparePath(a, b));
  }
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const read = fields.map(({ input }) => traceId(input.value));
    const wrong = fields.find((_, index) => read[index] === null);
    fields.forEach(({ input }, index) => input.setAttribute("aria-invalid", String(read[index] === null)));
    if (wrong) {
      message.textContent = `${wrong.side} is no trace id: a trace id has 32 hex digits (zeros in front may be missing) and is not all zero.`;
      wrong.input.focus();
    } else {
      open(read);
    }
  });
  swap.addEventListener("click", () => open(fields.map(({ input }) => input.value.trim()).reverse()));
  return h("div", {}, form, message);
}
