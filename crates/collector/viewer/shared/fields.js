// Labels, hints and choices in, the fields of the search form out, each with a place for what is wrong with it.

import { fill, h } from "./dom.js";
import { line } from "../model/visible.js";

/** { element, control, error(message) }; `name` is the name of the filter. */
export function field(name, label, control) {
  const message = h("div", { class: "field-error", id: `error-${name}`, hidden: true });
  control.id = `filter-${name}`;
  control.setAttribute("name", name);
  const element = h("div", { class: `field field-${name}` }, h("label", { for: control.id }, label), control, message);
  return {
    element,
    control,
    error(text) {
      message.textContent = text;
      message.hidden = text === "";
      control.toggleAttribute("aria-invalid", text !== "");
      if (text === "") {
        control.removeAttribute("aria-describedby");
      } else {
        control.setAttribute("aria-describedby", message.id);
      }
    },
  };
}

export function textInput(placeholder, properties = {}) {
  return h("input", { type: "text", placeholder, autocomplete: "off", spellcheck: "false", autocapitalize: "off", ...properties });
}

/** Choices are [value, text]. */
export function choice(choices) {
  const control = h("select");
  setChoices(control, choices);
  return control;
}

/** Other choices; what is chosen stays, even if it is none of them. */
export function setChoices(control, choices, value = control.value) {
  const known = choices.some(([each]) => each === value);
  const all = known || value === "" ? choices : [...choices, [value, value]];
  fill(control, all.map(([each, text]) => h("option", { value: each }, line(text, 80))));
  control.value = value;
}
