// Clicks and submits: which element, by its place and its data-otel-* attributes; none of its text.
import { early, listen, quietly, starting } from "./page.js";

const BUTTONS = ["left", "middle", "right"];
const MOST_ANCESTORS = 32;
const MOST_SIBLINGS = 1000;
const MOST_CHARACTERS = 1000;

/** What cannot be acted on, and takes in what lies in it. Of a fieldset that is the case of its fields alone. */
const OFF = ":disabled:not(fieldset), [disabled]:not(fieldset)";

/** The element around one: that of a shadow root is its host. */
const outer = (element) => element.parentElement ?? element.getRootNode().host;

const named = (element) => element.localName + [...element.classList].map((name) => `.${CSS.escape(name)}`).join("");

/** The CSS selector of an element, as short as an id on its way allows; `>>>` leads into a shadow root. */
function selector(element) {
  let text = "";
  let join = "";
  for (let at = element, depth = 0; at && depth < MOST_ANCESTORS; depth++) {
    const root = at.getRootNode();
    const id = at.getAttribute("id");
    const { parentElement } = at;
    const isOnly = id && root.querySelectorAll(`#${CSS.escape(id)}`).length == 1;
    let own = isOnly ? `#${CSS.escape(id)}` : named(at);
    if (!isOnly && parentElement && parentElement.children.length <= MOST_SIBLINGS) {
      const alike = [...parentElement.children].filter((one) => named(one) == own);
      if (alike.length > 1) own += `:nth-child(${alike.indexOf(at) + 1})`;
    }
    text = own + join + text;
    join = isOnly || !parentElement ? " >>> " : " > ";
    at = isOnly ? root.host : outer(at);
  }
  return text.slice(0, MOST_CHARACTERS);
}

/** The `data-otel-*` attributes of an element. */
function tags(element) {
  const found = {};
  for (const { name, value } of element.attributes) {
    if (name.startsWith("data-otel-")) found[name.slice(10)] = value.slice(0, MOST_CHARACTERS);
  }
  return found;
}

/** Watches; `clicked` and `submitted` take an event's attributes and time, `caused` what it is to be called by. */
export const watchActions = (clicked, submitted, caused) => starting((undo) => {
  if (!globalThis.document) return false;
  const on = (event) =>
    quietly(() => {
      // The first is within a shadow root, if that is open. An event of before has no way any more.
      const element = event.composedPath()[0] ?? event.target;
      // A form's fields may hide what it has: each is read by itself.
      if (!(element instanceof Element) || quietly(() => element.closest(OFF))) return;
      const isClick = event.type == "click";
      // A click may hit what lies in a button: the nearest that is marked says what was meant.
      let around = element;
      quietly(() => {
        while (around && !around.hasAttribute("data-otel-name")) around = outer(around);
      });
      // Before the event, which belongs to what begins with it.
      caused?.(event.type, quietly(() => around?.getAttribute("data-otel-name").slice(0, MOST_CHARACTERS)));
      (isClick ? clicked : submitted)(
        {
          ...(isClick && {
            "browser.page.x": event.pageX,
            "browser.page.y": event.pageY,
            "browser.mouse_event.button": BUTTONS[event.button] ?? "left",
          }),
          "browser.tag_name": element.tagName,
          "browser.element.attributes": quietly(() => tags(element)),
          "browser.css_selector": quietly(() => selector(element)),
        },
        event.timeStamp,
      );
    });
  for (const event of early("click", "submit")) on(event);
  // Captured, by who hears it first: a page that stops an event has been clicked all the same.
  for (const kind of ["click", "submit"]) undo.push(listen(globalThis, kind, on, true));
});

/** Asks every 100 ms whether an action is over; the answer is whether it goes on. */
export function watchQuiet(goesOn) {
  const ask = () => quietly(() => goesOn() && setTimeout(ask, 100));
  quietly(() => setTimeout(ask, 100));
}
