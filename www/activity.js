// What the page itself did: events of instrumentations come in, a summary goes out that does not grow. No DOM here.

import { excerpt } from "./language.js";

const VITALS = ["ttfb", "fcp", "lcp", "inp", "cls"];
const MOST_ERRORS = 3;
const MOST_CHARACTERS = 160;

export class Activity {
  #loaded = null;
  #vitals = new Map();
  #clicks = { count: 0, place: "" };
  #errors = { count: 0, latest: [] };

  /** Takes an event in; tells whether the summary is another one now. */
  add({ name, attributes }) {
    switch (name) {
      case "browser.navigation_timing":
        this.#loaded = number(attributes["browser.navigation_timing.load_event_end"]);
        return true;
      case "browser.web_vital":
        return this.#measure(attributes);
      case "browser.user_action.click":
        this.#clicks = { count: this.#clicks.count + 1, place: short(attributes["browser.css_selector"]) };
        return true;
      case "exception": {
        const words = [attributes["exception.type"], attributes["exception.message"]].filter((each) => typeof each === "string" && each).join(": ");
        const latest = [short(words), ...this.#errors.latest].slice(0, MOST_ERRORS);
        this.#errors = { count: this.#errors.count + 1, latest };
        return true;
      }
      default:
        return false;
    }
  }

  /** `loaded` in milliseconds or null, `vitals` as { name, value, rating }, `clicks`, and `errors` with the `latest` ones. */
  summary() {
    const vitals = VITALS.filter((name) => this.#vitals.has(name)).map((name) => ({ name, ...this.#vitals.get(name) }));
    return { loaded: this.#loaded, vitals, clicks: this.#clicks, errors: this.#errors };
  }

  #measure(attributes) {
    const name = attributes["browser.web_vital.name"];
    const value = number(attributes["browser.web_vital.value"]);
    if (!VITALS.includes(name) || value === null) {
      return false;
    }
    this.#vitals.set(name, { value, rating: short(attributes["browser.web_vital.rating"]) });
    return true;
  }
}

const number = (value) => (Number.isFinite(value) ? value : null);

const short = (words) => (typeof words === "string" ? excerpt(words, MOST_CHARACTERS) : "");
