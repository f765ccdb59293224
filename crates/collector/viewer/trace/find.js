// The find field: text in, the spans that have it marked, and which of how many one stands at.
//
// Large traces are searched in slices, so that typing and scrolling go on meanwhile.

import { linkMatcher, matcher } from "../model/find.js";
import { placeOf } from "../model/rows.js";
import { h } from "../shared/dom.js";
import { grouped } from "../shared/format.js";
import { icon } from "../shared/icons.js";

const SLICE_MS = 8;
const PAUSE_MS = 120;

export function buildFind(state) {
  const input = h("input", {
    type: "search",
    id: "find",
    placeholder: "Find text or key=value",
    "aria-label": "Find in this trace: any text, or key=value",
    autocomplete: "off",
    spellcheck: "false",
  });
  const status = h("output", { class: "find-status soft", for: "find" });
  const step = (by) => state.nextOf(state.get().found, by);
  const previous = stepButton("up", "Previous match (Shift+N)", () => step(-1));
  const next = stepButton("down", "Next match (n)", () => step(1));
  let search = 0;
  let timer;

  async function run(thenStep, matcherOf = matcher) {
    const mine = ++search;
    const test = matcherOf(input.value);
    const found = test ? await slices(state.get().nodes, test, () => mine === search) : [];
    if (found) {
      state.setFound(found);
      if (thenStep && found.length > 0) {
        const { selected } = state.get();
        if (placeOf(found, selected) < 0) {
          step(1);
        }
      }
    }
  }

  function show() {
    const { found, selected } = state.get();
    const place = placeOf(found, selected);
    const asked = input.value.trim() !== "";
    status.textContent = !asked ? "" : found.length === 0 ? "none" : place >= 0 ? `${grouped(place + 1)} of ${grouped(found.length)}` : grouped(found.length);
    previous.disabled = next.disabled = found.length === 0;
  }

  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(run, PAUSE_MS, true);
  });
  input.addEventListener("keydown", (event) => {
    if (event.key === "Enter") {
      event.preventDefault();
      step(event.shiftKey ? -1 : 1);
    } else if (event.key === "Escape") {
      event.preventDefault();
      input.value = "";
      run(false);
      input.blur();
    }
  });
  state.on(show);
  show();
  return {
    element: h("div", { class: "find", role: "search" }, icon("search"), input, status, previous, next),
    /** Looks for what a link does. */
    preset(query) {
      input.value = query;
      run(true, linkMatcher);
    },
    focus() {
      input.focus();
      input.select();
    },
    step,
  };
}

function stepButton(picture, label, run) {
  const button = h("button", { type: "button", class: "quiet", title: label, "aria-label": label }, icon(picture));
  button.addEventListener("click", run);
  return button;
}

/** null if it is not wanted any more. */
async function slices(nodes, test, wanted) {
  const found = [];
  let until = performance.now() + SLICE_MS;
  for (const { rank, span } of nodes) {
    if (test(span)) {
      found.push(rank);
    }
    if (performance.now() > until) {
      await new Promise((resolve) => setTimeout(resolve));
      if (!wanted()) {
        return null;
      }
      until = performance.now() + SLICE_MS;
    }
  }
  return found;
}
