// Bundles the pages of this folder for a browser, into the folder that is named.
import { build } from "esbuild";
import { copyFileSync, cpSync } from "node:fs";
import { fileURLToPath } from "node:url";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

/** Bundles a script; writes it where that is said, and gives its text otherwise. */
export async function bundle(entry, outfile, format = outfile ? "iife" : "esm") {
  const { outputFiles } = await build({
    entryPoints: [here(entry)],
    bundle: true,
    format,
    platform: "browser",
    define: { "process.env.NODE_ENV": '"production"' },
    write: Boolean(outfile),
    outfile,
  });
  return outputFiles?.[0].text;
}

const [, script, out] = process.argv;
if (script == fileURLToPath(import.meta.url)) {
  await bundle("vitals.mjs", `${out}/vitals.js`);
  await bundle("faults.mjs", `${out}/faults.js`, "esm");
  await bundle("peers.mjs", `${out}/peers.js`, "esm");
  for (const page of ["vitals.html", "routes.html", "hostile.html", "peers.html"]) copyFileSync(here(page), `${out}/${page}`);
  cpSync(here("../../crates/opentelemetry-browser-instrumentation/js"), `${out}/js`, { recursive: true });
}
