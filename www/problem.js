// What went wrong, as { title, detail, advice }: advice is a list of { text, code } with the code to copy, if any. No DOM here.

/** The module in pkg/ did not load. `findings` says what a second look at its files showed. */
export function loadProblem(error, findings) {
  const advice = findings.map((text) => ({ text }));
  advice.push(
    { text: "Build the module and serve the page with it:", code: "cargo xtask run" },
    { text: "Or build it alone and serve this folder by any web server:", code: "wasm-pack build --target web" },
  );
  return { title: "The WebAssembly module could not be loaded.", detail: messageOf(error), advice };
}

/** init refused what this page was served with. */
export function initProblem(error) {
  return {
    title: "Tracing could not start.",
    detail: messageOf(error),
    advice: [{ text: "Correct the settings and press Apply, or reset them to the defaults." }],
  };
}

/** Spans do not arrive. `origin` is this page's, which the receiver must allow. */
export function sendingProblem(detail, { endpoint, origin }) {
  return {
    title: "Spans are not delivered.",
    detail,
    advice: [
      { text: `Does Jaeger or a collector listen on ${endpoint}? If none does, this starts one:`, code: "cargo xtask run" },
      {
        text: `Does it allow this page’s origin, ${origin}? Jaeger 1.x needs both of these variables:`,
        code: [
          `COLLECTOR_OTLP_HTTP_CORS_ALLOWED_ORIGINS=${origin}`,
          "COLLECTOR_OTLP_HTTP_CORS_ALLOWED_HEADERS=content-type,content-encoding",
        ].join("\n"),
      },
      { text: "Jaeger 2 needs this argument:", code: `--set=receivers.otlp.protocols.http.cors.allowed_origins=[${origin}]` },
      { text: "If it listens elsewhere, change the OTLP endpoint in the settings." },
    ],
  };
}

/** Settings were changed, and what was queued before did not get through. */
export function undeliveredProblem(error) {
  return { title: "Not all spans were delivered before the settings changed.", detail: messageOf(error), advice: [] };
}

/** A click could not be done: a wrong id, or a failure inside the module. */
export function actionProblem(error) {
  const advice = error instanceof WebAssembly.RuntimeError ? [{ text: "The module has stopped. Reload the page." }] : [];
  return { title: messageOf(error), detail: "", advice };
}

export function messageOf(error) {
  return error instanceof Error ? error.message : String(error);
}
