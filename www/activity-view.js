// Puts what the page itself did on the page. Text goes in as text: messages of errors, and selectors, come from anywhere.

import { duration, language, text } from "./language.js";
import { create, setText } from "./view.js";

const element = (id) => document.getElementById(id);

/** Shows a summary; `logs` tells where events go: { endpoint, areSent }. */
export function showActivity({ loaded, vitals, clicks, errors }, { endpoint, areSent }) {
  setText("activity-load", loaded === null ? text("activity.none") : text("activity.loaded", { duration: duration(loaded) }));
  element("activity-vitals").replaceChildren(...(vitals.length > 0 ? vitals.map(vital) : [text("activity.none")]));
  setText("activity-clicks", clicks.count === 0 ? text("activity.none") : text("activity.clicks", clicks));
  const latest = create("ul");
  latest.append(...errors.latest.map((words) => create("li", words)));
  const count = errors.count === 0 ? text("activity.no-errors") : String(errors.count);
  element("activity-errors").replaceChildren(count, ...(errors.count > 0 ? [latest] : []));
  setText("activity-note", text(areSent ? "activity.sent" : "activity.kept", { endpoint }));
}

function vital({ name, value, rating }) {
  const known = ["good", "needs-improvement", "poor"].includes(rating) ? rating : "good";
  const line = create("span", "", `vital ${known}`);
  // A shift of the layout has no unit.
  const shown = name === "cls" ? value.toLocaleString(language(), { maximumFractionDigits: 3 }) : duration(value);
  line.append(create("abbr", name.toUpperCase()), ` ${shown} `, create("small", text(`activity.rating.${known}`)));
  return line;
}
