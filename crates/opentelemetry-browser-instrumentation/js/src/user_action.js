// Clicks and submits: which element, by its place and its data-otel-* attributes; none of its text.
import { early, listen, quietly, starting } from "./page.js";

const BUTTONS = ["left", "middle", "right"];
const MOST_ANCESTORS = 32;

const named = (element) => element.localName + [...element.classList].map((name) => `.${CSS.escape(name)}`).join("");

/** The CSS selector of an element, as short as an id on its way allows. */
function selector(element) {
  const parts = [];
  for (let at = element; at && parts.length < MOST_ANCESTORS; at = at.parentElement) {
    const id = at.getAttribute("id");
    if (id && at.ownerDocument.querySelectorAll(`#${CSS.escape(id)}`).length == 1) {
      parts.unshift(`#${CSS.escape(id)}`);
      break;
    }
    const own = named(at);
    const alike = at.parentElement ? [...at.parentElement.children].filter((one) => named(one) == own) : [];
    parts.unshift(alike.length > 1 ? `${own}:nth-child(${alike.indexOf(at) + 1})` : own);
  }
  return parts.join(" > ");
}

/** The `data-otel-*` attributes of an element. */
function tags(element) {
  const found = {};
  for (const { name, value } of element.attributes) if (name.startsWith("data-otel-")) found[name.slice(10)] = value;
  return found;
}

/** Watches; `clicked` and `submitted` take an event's attributes and time, `caused` what it is to be called by. */
export const watchActions = (clicked, submitted, caused) => starting((undo) => {
  if (!globalThis.document) return false;
  const on = (event) =>
    quietly(() => {
      const element = event.target;
      if (!(element instanceof Element) || element.hasAttribute("disabled")) return;
      const isClick = event.type == "click";
      const marked = tags(element);
      // A click may hit what lies in a button: the nearest that is marked says what was meant.
      const around = element.closest("[data-otel-name]");
      (isClick ? clicked : submitted)(
        {
          ...(isClick && {
            "browser.page.x": event.pageX,
            "browser.page.y": event.pageY,
            "browser.mouse_event.button": BUTTONS[event.button] ?? "left",
          }),
          "browser.tag_name": element.tagName,
          "browser.element.attributes": marked,
          "browser.css_selector": selector(element),
        },
        event.timeStamp,
      );
      caused?.(event.type, around?.getAttribute("data-otel-name") ?? undefined);
    });
  for (const event of early("click", "submit")) on(event);
  // Captured: a page that stops an event has been clicked all the same.
  for (const kind of ["click", "submit"]) undo.push(listen(document, kind, on, true));
});

/** Asks every 100 ms whether an action is over; the answer is whether it goes on. */
export function watchQuiet(goesOn) {
  const ask = () => quietly(() => goesOn() && setTimeout(ask, 100));
  quietly(() => setTimeout(ask, 100));
}
