// What is shown to be copied works when it is pasted, into bash as well as into zsh.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { after, test } from "node:test";

import { sendingProblem } from "../../www/problem.js";

const SHELLS = { bash: ["--norc", "-c"], zsh: ["-f", "-c"] };
const ORIGINS = "COLLECTOR_OTLP_HTTP_CORS_ALLOWED_ORIGINS";

const dir = mkdtempSync(join(tmpdir(), "pasting-"));
after(() => rmSync(dir, { recursive: true }));

// Stand in for programs, and tell their arguments and one variable.
for (const name of ["docker", "jaeger", "cargo", "curl"]) {
  writeFileSync(join(dir, name), `#!/bin/sh\nprintf '%s\\0' "$${ORIGINS}" "$@"\n`);
  chmodSync(join(dir, name), 0o755);
}

/** What the program in the line was told: the variable, then its arguments. */
function pasted(shell, line) {
  const env = { ...process.env, PATH: `${dir}${delimiter}${process.env.PATH}` };
  const { error, status, stdout, stderr } = spawnSync(shell, [...SHELLS[shell], line], { cwd: dir, env, encoding: "utf8" });
  assert.ifError(error && new Error(`${shell} is needed (Debian: apt-get install ${shell}), or run \`cargo xtask test\`: ${error}`));
  assert.deepEqual({ status, stderr }, { status: 0, stderr: "" }, `${shell}: ${line}`);
  return stdout.split("\0").slice(0, -1);
}

/** The commands in the indented blocks of a Markdown file that start or ask something, each with the lines that it goes on in. */
function commands(file) {
  const blocks = readFileSync(file, "utf8").match(/(?:^ {4}.*\n)+/gm) ?? [];
  const lines = blocks.flatMap((block) => block.replace(/^ {4}/gm, "").split(/(?<!\\)\n/));
  return lines.filter((line) => /^(docker|curl|cargo xtask run)\b/.test(line));
}

const root = new URL("../..", import.meta.url).pathname;
const documents = ["README.md", ...readdirSync(join(root, "docs")).filter((name) => name.endsWith(".md")).map((name) => `docs/${name}`)];

for (const shell of Object.keys(SHELLS)) {
  test(`${shell}: the commands in the documents`, () => {
    const told = documents.flatMap((name) => commands(join(root, name))).map((line) => pasted(shell, line).slice(1));
    const list = "http://localhost:8080,http://127.0.0.1:8080";
    const jaegers = told.filter(([command]) => command === "run").filter((words) => words.some((word) => word.includes("jaegertracing")));
    assert.equal(jaegers.length, 2, "Jaeger 1 and 2");
    assert.ok(jaegers[0].includes(`${ORIGINS}=${list}`), jaegers[0]);
    assert.ok(jaegers[1].includes(`--set=receivers.otlp.protocols.http.cors.allowed_origins=[${list}]`), jaegers[1]);
  });

  test(`${shell}: the page's advice to start a receiver, whatever its origin`, () => {
    for (const origin of ["http://localhost:8080", "http://[::1]:8080", "http://*.a$b.it's.`date`.{x,y}:1", "tauri://localhost", "null"]) {
      const problem = sendingProblem({ message: "Failed to fetch", cause: "unreachable", advice: null }, { endpoint: "http://h", origin });
      const codes = problem.advice.flatMap(({ code }) => code ?? []);
      assert.deepEqual(pasted(shell, codes[0]), ["", "xtask", "run"]);
      assert.deepEqual(pasted(shell, `${codes[1].replaceAll("\n", " ")} jaeger`), [origin]);
      const [, argument] = pasted(shell, `jaeger ${codes[2]}`);
      const [, list] = argument.match(/^--set=receivers\.otlp\.protocols\.http\.cors\.allowed_origins=\[(.*)\]$/);
      assert.equal(list.startsWith('"') ? JSON.parse(list) : list, origin);
      assert.ok(list.startsWith('"') || !/[\][{},&*#'"]/.test(list), `YAML reads it as text: ${list}`);
      assert.equal(codes.length, 3);
    }
  });
}
