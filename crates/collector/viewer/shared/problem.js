// What went wrong in, an alert that says so out.

import { h } from "./dom.js";
import { value } from "./text.js";

/** `error` may be any; `advice` of an ApiError is shown below it, and so are further nodes. */
export function problem(error, ...more) {
  const message = error instanceof Error ? error.message : String(error);
  return h(
    "section",
    { class: "problem", role: "alert" },
    h("h1", {}, value(message)),
    error?.advice ? h("p", {}, error.advice) : null,
    more,
  );
}
