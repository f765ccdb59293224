// The wasm module out, initialised; or an Error, and what a second look at its files shows.

import { text } from "./language.js";

const FILES = ["../pkg/inprocess.js", "../pkg/inprocess_bg.wasm"];

// Imported at run time: a static import that fails would take the whole page with it, and nobody would say why.
export async function loadModule() {
  if (typeof WebAssembly === "undefined") {
    throw new Error(text("load.no-wasm"));
  }
  const module = await import("../pkg/inprocess.js");
  await module.default();
  return module;
}

/** Sentences on each file of the module that the server does not give as it should. */
export async function inspectFiles() {
  const findings = await Promise.all(FILES.map(inspectFile));
  return findings.filter((finding) => finding !== null);
}

async function inspectFile(file) {
  const url = new URL(file, import.meta.url);
  const expected = url.pathname.endsWith(".js") ? "text/javascript" : "application/wasm";
  try {
    const response = await fetch(url, { method: "HEAD" });
    const type = response.headers.get("content-type") ?? text("load.no-type");
    if (!response.ok) {
      return text("load.missing", { path: url.pathname, status: response.status });
    }
    const right = expected === "text/javascript" ? /javascript/.test(type) : type.startsWith(expected);
    return right ? null : text("load.type", { path: url.pathname, expected, type });
  } catch {
    return text("load.no-server", { path: url.pathname });
  }
}
