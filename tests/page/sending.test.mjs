import assert from "node:assert/strict";
import { test } from "node:test";

import { sendingProblem } from "../../www/problem.js";
import { SendingWatch, statusLine } from "../../www/sending.js";

const stats = (exported, dropped, lastError = null) => ({ exported, dropped, lastError });
const failure = (watch, seen) => watch.observe(seen).failure?.message ?? null;

test("the status line counts", () => {
  assert.equal(statusLine({ recorded: 13, exported: 9, queued: 4, dropped: 0 }), "13 spans recorded: 9 delivered, 4 waiting, 0 lost.");
  assert.match(statusLine({ recorded: 1, exported: 0, queued: 1, dropped: 0 }), /^1 span recorded/);
  assert.equal(
    statusLine({ recorded: 8, exported: 0, queued: 0, dropped: 4, spooled: 4, resent: 9, sampledOut: 12 }),
    "8 spans recorded: 0 delivered, 0 waiting, 4 lost, 4 kept for the next page. 12 spans left out by sampling. " +
      "9 spans of an earlier page delivered.",
  );
});

test("no error, no problem", () => {
  const watch = new SendingWatch();
  assert.equal(failure(watch, stats(0, 0)), null);
  assert.equal(failure(watch, stats(9, 0)), null);
});

test("an error while spans wait is a problem until spans are delivered", () => {
  const watch = new SendingWatch();
  assert.equal(failure(watch, stats(0, 0, "Failed to fetch")), "Failed to fetch");
  assert.equal(failure(watch, stats(0, 0, "Failed to fetch")), "Failed to fetch");
  assert.equal(failure(watch, stats(4, 0)), null);
});

test("lost spans are a problem even after the error was forgotten", () => {
  const watch = new SendingWatch();
  assert.equal(failure(watch, stats(0, 4, "400")), "400");
  assert.equal(failure(watch, stats(0, 4)), "400");
  assert.equal(failure(watch, stats(4, 4)), null);
});

test("losing spans without a word is a problem all the same", () => {
  assert.equal(failure(new SendingWatch(), stats(0, 1)), "Spans were lost.");
});

test("a request that delivers some and loses some is a problem", () => {
  const watch = new SendingWatch();
  assert.equal(failure(watch, stats(3, 1, "1 span rejected")), "1 span rejected");
  assert.equal(failure(watch, stats(3, 1, "1 span rejected")), "1 span rejected");
});

test("an error that stays in the counts after a delivery is history; a new one is not", () => {
  const watch = new SendingWatch();
  watch.observe(stats(0, 0, "503"));
  assert.equal(failure(watch, stats(4, 0, "503")), null);
  assert.equal(failure(watch, stats(4, 0, "503")), null);
  assert.equal(failure(watch, stats(4, 0, "Failed to fetch")), "Failed to fetch");
});

test("a rejected flush is a problem until spans are delivered", () => {
  const watch = new SendingWatch();
  watch.failed("4 of 4 spans were not delivered");
  assert.equal(failure(watch, stats(0, 0)), "4 of 4 spans were not delivered");
  assert.equal(failure(watch, stats(4, 0)), null);
});

test("deliveries are told once", () => {
  const watch = new SendingWatch();
  assert.deepEqual([stats(0, 0), stats(4, 0), stats(4, 0), stats(8, 0)].map((seen) => watch.observe(seen).delivered), [
    false, true, false, true,
  ]);
});

test("a cause that is found later is told", () => {
  const watch = new SendingWatch();
  watch.observe({ ...stats(0, 0, "Failed to fetch"), lastErrorCause: "unknown", advice: null });
  const found = { ...stats(0, 0, "Failed to fetch"), lastErrorCause: "cors", advice: "Allow it." };
  assert.deepEqual(watch.observe(found).failure, { message: "Failed to fetch", cause: "cors", advice: "Allow it." });
});

const PLACE = { endpoint: "http://localhost:4999", origin: "http://127.0.0.1:8081" };

test("without a cause, the advice names the endpoint and this page's origin", () => {
  for (const cause of [undefined, null, "unknown", "unreachable", "timeout"]) {
    const problem = sendingProblem({ message: "Failed to fetch", cause, advice: null }, PLACE);
    const text = JSON.stringify(problem.advice);
    assert.equal(problem.title, "Spans are not delivered.");
    assert.equal(problem.detail, "Failed to fetch");
    assert.ok(text.includes("http://localhost:4999"));
    assert.ok(text.includes("COLLECTOR_OTLP_HTTP_CORS_ALLOWED_ORIGINS=http://127.0.0.1:8081"));
    assert.ok(text.includes("COLLECTOR_OTLP_HTTP_CORS_ALLOWED_HEADERS=content-type,content-encoding"));
    assert.ok(text.includes("'--set=receivers.otlp.protocols.http.cors.allowed_origins=[http://127.0.0.1:8081]'"));
  }
});

test("with a cause, the library's advice stands alone, its code apart from its text", () => {
  const advice = "Allow it there.\nIn the environment:\n    ORIGINS=http://127.0.0.1:8081\n    HEADERS=content-type\nor as a flag:\n    --x";
  assert.deepEqual(sendingProblem({ message: "Failed to fetch", cause: "cors", advice }, PLACE).advice, [
    { text: "Allow it there." },
    { text: "In the environment:", code: "ORIGINS=http://127.0.0.1:8081\nHEADERS=content-type" },
    { text: "or as a flag:", code: "--x" },
  ]);
  assert.deepEqual(sendingProblem({ message: "503", cause: "status", advice: null }, PLACE).advice, []);
});

test("what nobody answered is explained by the library first", () => {
  const problem = sendingProblem({ message: "Failed to fetch", cause: "unreachable", advice: "Nothing answers." }, PLACE);
  assert.equal(problem.advice[0].text, "Nothing answers.");
  assert.ok(problem.advice.length > 1);
});

test("settings that the library offers are not said twice", () => {
  const advice = "Either nothing answers, or it refuses.\nJaeger takes it as an argument:\n    --x";
  const problem = sendingProblem({ message: "Failed to fetch", cause: "unknown", advice }, PLACE);
  assert.deepEqual(problem.advice, [
    { text: "Either nothing answers, or it refuses." },
    { text: "Jaeger takes it as an argument:", code: "--x" },
  ]);
});

test("a storage that cannot be used is not said to be a failure of sending", () => {
  assert.match(sendingProblem({ message: "denied", cause: "storage", advice: null }, PLACE).title, /cannot be kept/);
});
