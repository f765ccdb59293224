// The scripts of the instrumentations as they are shipped: without what only their readers need. `npm run minify` writes them.
import { build, transform } from "esbuild";
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const SCRIPTS = new URL("../../crates/opentelemetry-browser-instrumentation/js/", import.meta.url);

/** All scripts as one. */
async function bundled(names) {
  const contents = names.map((name) => `export * from "./${name}";`).join("");
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: fileURLToPath(new URL("src/", SCRIPTS)) },
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2022",
    write: false,
  });
  return { name: "bundle.js", file: new URL("bundle.js", SCRIPTS), code: outputFiles[0].text };
}

/** Each script's name, what is shipped, and what is to be. */
export async function minified() {
  const names = readdirSync(new URL("src/", SCRIPTS)).sort();
  const scripts = await Promise.all(
    names.map(async (name) => {
      const source = readFileSync(new URL(`src/${name}`, SCRIPTS), "utf8");
      const { code } = await transform(source, { minify: true, format: "esm", target: "es2022" });
      const file = new URL(name, SCRIPTS);
      return { name, file, code };
    }),
  );
  return [...scripts, await bundled(names)];
}

if (process.argv[1] == fileURLToPath(import.meta.url)) {
  for (const { file, code } of await minified()) writeFileSync(file, code);
}
