// Runs the packages of the OpenTelemetry Browser SIG on one page in Chromium, and writes down what they record: names and attributes.
// Our web vitals run beside Google's library there; it is an error if they differ. `npm ci && npm run collect`, with CHROME for a browser that is not on PATH as `chromium`.
import { deepEqual, ok } from "node:assert/strict";
import { build } from "esbuild";
import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const [out] = process.argv.slice(2);
const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const bundle = await build({
  entryPoints: [here("page.mjs")],
  bundle: true,
  format: "esm",
  platform: "browser",
  define: { "process.env.NODE_ENV": '"production"' },
  write: false,
});
const server = createServer((request, response) => {
  const isPage = request.url == "/";
  const isScript = request.url == "/page.js";
  response.statusCode = isPage || isScript || request.url.startsWith("/found") ? 200 : 404;
  response.setHeader("content-type", isScript ? "text/javascript" : "text/html");
  response.end(isScript ? bundle.outputFiles[0].text : isPage ? "<!doctype html><button id=b data-otel-name=buy>Buy</button><p style='height:300px;background:silver'>A paragraph</p><pre></pre><script type=module src=page.js></script>" : "x");
});
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
const { stdout } = await promisify(execFile)(
  process.env.CHROME ?? "chromium",
  ["--headless=new", "--no-sandbox", "--disable-gpu", "--timeout=20000", "--virtual-time-budget=12000", "--dump-dom", `http://127.0.0.1:${server.address().port}/`],
  { maxBuffer: 1 << 26 },
);
server.close();
const text = /<pre>(.+?)<\/pre>/s.exec(stdout)?.[1].replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");
if (!text) throw new Error(`the page has recorded nothing: ${stdout.slice(0, 2000)}`);
const { dependencies } = JSON.parse(readFileSync(here("package.json"), "utf8"));
const { vitals, ...shapes } = JSON.parse(text);
deepEqual(vitals.ours, vitals.theirs, "web vitals, beside those of the library web-vitals");
ok(vitals.theirs.ttfb.value > 0 && vitals.theirs.fcp.value > 0, JSON.stringify(vitals));
console.log(JSON.stringify(vitals));
writeFileSync(out, JSON.stringify({ packages: dependencies, ...shapes }, null, 2) + "\n");
