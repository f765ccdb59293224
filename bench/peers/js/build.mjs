// Bundles the peers as a page's production build would: `node build.mjs OUT_DIR`.
import { build } from "esbuild";
import { fileURLToPath } from "node:url";

const [outdir] = process.argv.slice(2);
if (!outdir) {
  console.error("usage: node build.mjs OUT_DIR");
  process.exit(2);
}

await build({
  absWorkingDir: fileURLToPath(new URL(".", import.meta.url)),
  entryPoints: Object.fromEntries(
    ["otel-js", "otel-js-zone", "instrumented-otel-js", "instrumented-sig"].map((name) => [name, `src/${name}.js`]),
  ),
  outdir,
  bundle: true,
  minify: true,
  format: "esm",
  platform: "browser",
  target: "es2022",
  define: { "process.env.NODE_ENV": '"production"' },
  legalComments: "none",
});
