// What went wrong, as { title, detail, advice }: advice is a list of { text, code } with the code to copy, if any. No DOM here.

import { text } from "./language.js";
import { translated } from "./advice.js";

/** The module in pkg/ did not load. `findings` says what a second look at its files showed. */
export function loadProblem(error, findings) {
  const advice = findings.map((finding) => ({ text: finding }));
  advice.push(
    { text: text("load.build"), code: "cargo xtask run" },
    { text: text("load.build-alone"), code: "wasm-pack build --target web" },
  );
  return { title: text("load.title"), detail: messageOf(error), advice };
}

/** init refused what this page was served with. */
export function initProblem(error) {
  return {
    title: text("init.title"),
    detail: messageOf(error),
    advice: [{ text: text("init.advice") }],
  };
}

const SENDING_TITLES = { storage: "sending.title.storage", "no-compression": "sending.title.no-compression" };

/**
 * What `stats` tells of the last error: its text, its `cause` if that was found out, and the library's own `advice`. `origin` is
 * this page's, which the receiver must allow.
 */
export function sendingProblem({ message, cause, advice }, { endpoint, origin }) {
  let items = adviceItems(advice ?? "");
  if (UNEXPLAINED.has(cause)) {
    const question = { text: text("sending.who", { endpoint }) };
    items = items.length > 0 ? items : [question];
    items.push(...(items.some(({ code }) => code) ? [] : receiverAdvice(origin)));
  }
  return { title: text(SENDING_TITLES[cause] ?? "sending.title"), detail: message, advice: items };
}

// As long as nobody answers, nobody knows whether CORS would be the next hurdle; unless the library has settings to offer itself.
const UNEXPLAINED = new Set([null, undefined, "unknown", "unreachable", "timeout"]);

function receiverAdvice(origin) {
  return [
    { text: text("sending.collector"), code: "cargo xtask run" },
    {
      text: text("sending.jaeger-1", { origin }),
      code: [
        `COLLECTOR_OTLP_HTTP_CORS_ALLOWED_ORIGINS=${word(origin)}`,
        "COLLECTOR_OTLP_HTTP_CORS_ALLOWED_HEADERS=content-type,content-encoding",
      ].join("\n"),
    },
    {
      text: text("sending.jaeger-2"),
      code: word(`--set=receivers.otlp.protocols.http.cors.allowed_origins=[${yaml(origin)}]`),
    },
  ];
}

/** Text as one word for bash and zsh: to zsh, brackets are a pattern, which it refuses where no file matches. */
function word(words) {
  return /^[\w./:@%+,-][\w./:@%+,=-]*$/.test(words) ? words : `'${words.replaceAll("'", "'\\''")}'`;
}

/** An origin in a list that Jaeger 2 reads as YAML. */
function yaml(origin) {
  return /^[a-z][\w./:-]*$/i.test(origin) && origin !== "null" ? origin : JSON.stringify(origin);
}

/** The library's advice: lines of text, each with the lines indented by four spaces that follow it as its code. */
function adviceItems(advice) {
  const items = [];
  for (const line of advice.split("\n").filter((each) => each.trim() !== "")) {
    const item = items.at(-1);
    if (!line.startsWith("    ") || !item) {
      items.push({ text: translated(line.trim()) });
    } else {
      item.code = item.code ? `${item.code}\n${line.trim()}` : line.trim();
    }
  }
  return items;
}

/** Settings were changed, and what was queued before did not get through. */
export function undeliveredProblem(error) {
  return { title: text("sending.undelivered"), detail: messageOf(error), advice: [] };
}

/** A click could not be done: a wrong id, or a failure inside the module. */
export function actionProblem(error) {
  const advice = error instanceof WebAssembly.RuntimeError ? [{ text: text("action.stopped") }] : [];
  return { title: messageOf(error), detail: "", advice };
}

/** A lookup over HTTP has no answer. */
export function fetchProblem(error) {
  const advice = [
    { text: text("fetch.with-everything"), code: "cargo xtask run" },
    { text: text("fetch.alone"), code: "cargo run --package users-service" },
  ];
  return { title: text("fetch.title"), detail: messageOf(error), advice };
}

export function messageOf(error) {
  return error instanceof Error ? error.message : String(error);
}
