// Runs the packages of the OpenTelemetry Browser SIG on one page in Chromium: which names and attributes they record.
// `npm run collect` writes them down for our tests, with CHROME for a browser that is not on PATH as `chromium`.
import { bundle } from "./build.mjs";
import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const PAGE =
  "<!doctype html><button id=b data-otel-name=buy>Buy</button><p style='height:300px;background:silver'>A paragraph</p><pre></pre><script type=module src=page.js></script>";

/** The names and attributes, and the versions of the packages. */
export async function collect() {
  const script = await bundle("page.mjs");
  const server = createServer((request, response) => {
    const isPage = request.url == "/";
    const isScript = request.url == "/page.js";
    response.statusCode = isPage || isScript || request.url.startsWith("/found") ? 200 : 404;
    response.setHeader("content-type", isScript ? "text/javascript" : "text/html");
    response.end(isScript ? script : isPage ? PAGE : "x");
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { stdout } = await promisify(execFile)(
    process.env.CHROME ?? "chromium",
    ["--headless=new", "--no-sandbox", "--disable-gpu", "--timeout=60000", "--virtual-time-budget=12000", "--dump-dom", `http://127.0.0.1:${server.address().port}/`],
    { maxBuffer: 1 << 26 },
  ).finally(() => server.close());
  const text = /<pre>(.+?)<\/pre>/s.exec(stdout)?.[1].replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");
  if (!text) throw new Error(`the page has recorded nothing: ${stdout.slice(0, 2000)}`);
  const { dependencies } = JSON.parse(readFileSync(here("package.json"), "utf8"));
  return { packages: dependencies, ...JSON.parse(text) };
}

const [, script, out] = process.argv;
if (script == fileURLToPath(import.meta.url)) writeFileSync(out, JSON.stringify(await collect(), null, 2) + "\n");
