// A span's service and name in a comparison: with the colour of the service, and a mark for errors.

import { line } from "../model/visible.js";
import { dot } from "../shared/colours.js";
import { h } from "../shared/dom.js";

const NAME = 120;

export const spanCell = ({ service, name, isError }, colourOf, properties) =>
  h(
    "span",
    { class: "span-cell", ...properties },
    h("span", { class: "indent" }),
    dot(colourOf(service)),
    isError ? h("span", { class: "mark" }, "error") : null,
    h("bdi", {}, line(name || "(no name)", NAME)),
    h("bdi", { class: "soft" }, line(service, NAME)),
  );
