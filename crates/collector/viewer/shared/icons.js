// Small pictures for buttons, drawn in the colour of their text.

import { svg } from "./dom.js";

const PATHS = {
  copy: "M6 6V3.5A1.5 1.5 0 0 1 7.5 2h5A1.5 1.5 0 0 1 14 3.5v5a1.5 1.5 0 0 1-1.5 1.5H10M3.5 6h5A1.5 1.5 0 0 1 10 7.5v5A1.5 1.5 0 0 1 8.5 14h-5A1.5 1.5 0 0 1 2 12.5v-5A1.5 1.5 0 0 1 3.5 6Z",
  sun: "M8 5a3 3 0 1 1 0 6 3 3 0 0 1 0-6ZM8 1v1.5M8 13.5V15M1 8h1.5M13.5 8H15M3 3l1.1 1.1M11.9 11.9 13 13M3 13l1.1-1.1M11.9 4.1 13 3",
  moon: "M13.5 9.8A6 6 0 0 1 6.2 2.5a6 6 0 1 0 7.3 7.3Z",
  system: "M2 3h12v8H2ZM6 14h4M8 11v3",
  download: "M8 2v8M4.5 7 8 10.5 11.5 7M2.5 13.5h11",
  compare: "M5.5 2.5v11M10.5 2.5v11M1.5 5.5h4M1.5 8.5h4M10.5 5.5h4M10.5 10.5h4",
  search: "M7 2.5a4.5 4.5 0 1 1 0 9 4.5 4.5 0 0 1 0-9ZM10.3 10.3 14 14",
  close: "M3.5 3.5l9 9M12.5 3.5l-9 9",
  up: "M3.5 10 8 5.5l4.5 4.5",
  down: "M3.5 6 8 10.5 12.5 6",
  error: "M8 1.8 14.6 13.8H1.4ZM8 6v4M8 11.4v.8",
  link: "M6.5 9.5l3-3M7 4.5l1.3-1.3a3.1 3.1 0 0 1 4.5 4.5L11.5 9M9 11.5l-1.3 1.3a3.1 3.1 0 0 1-4.5-4.5L4.5 7",
  swap: "M2 5.5h11M10 2.5l3 3-3 3M14 11H3M6 8l-3 3 3 3",
  upload: "M8 11V3M4.5 6 8 2.5 11.5 6M2.5 13.5h11",
};

export function icon(name) {
  return svg(
    "svg",
    { class: "icon", viewBox: "0 0 16 16", width: "16", height: "16", "aria-hidden": "true" },
    svg("path", { d: PATHS[name], fill: "none", stroke: "currentColor", "stroke-width": "1.5", "stroke-linecap": "round", "stroke-linejoin": "round" }),
  );
}
