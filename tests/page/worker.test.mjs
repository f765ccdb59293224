// The script of the worker that makes requests, with a clock and a network of the test's own.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { createContext, runInContext } from "node:vm";

const SCRIPT = readFileSync(
  new URL("../../crates/opentelemetry-browser/src/platform/web/worker.js", import.meta.url),
  "utf8",
);

/** A worker that is sent a request with a limit of one second, which nobody has answered yet. */
function asked() {
  const worker = { now: 0, timers: [], said: [] };
  const fetch = (_url, { signal }) =>
    new Promise((answer, refuse) => {
      worker.answer = () => answer(new Response("{}", { headers: { "retry-after": "7" } }));
      signal.addEventListener("abort", () => refuse(signal.reason));
    });
  const scope = {
    fetch,
    performance: { now: () => worker.now },
    setTimeout: (callback, delay) => worker.timers.push({ callback, at: worker.now + delay }),
    clearTimeout: (number) => (worker.timers[number - 1] = undefined),
    postMessage: (message) => worker.said.push(JSON.parse(JSON.stringify(message))),
    AbortController,
    TextDecoder,
  };
  scope.self = scope;
  createContext(scope);
  runInContext(SCRIPT, scope);
  /** The clock goes on without any of the worker's code; then the timers run whose time has come. */
  worker.wakeAt = async (now) => {
    worker.now = now;
    for (const [index, timer] of [...worker.timers.entries()]) {
      if (timer && timer.at <= now) {
        worker.timers[index] = undefined;
        timer.callback();
      }
    }
    await new Promise(setImmediate);
  };
  worker.ended = scope.onmessage({ data: [1, "https://example.org/v1/traces", {}, new Uint8Array(2), 1000, false] });
  return worker;
}

test("the worker gives a request up when its time is over", async () => {
  const worker = asked();
  await worker.wakeAt(999);
  assert.deepEqual(worker.said, []);
  await worker.wakeAt(1000);
  await worker.ended;
  assert.equal(worker.said[0][1], null);
  assert.equal(worker.said[0][2].name, "AbortError");
});

test("a worker that did not run when the time was over takes the answer that has come meanwhile", async () => {
  const worker = asked();
  await worker.wakeAt(60_000);
  assert.deepEqual(worker.said, [], "it waits for what stands behind the timer");
  worker.answer();
  await worker.ended;
  assert.deepEqual(worker.said, [[1, 200, "7", "{}"]]);
});

test("a worker that did not run gives up all the same if nothing has come", async () => {
  const worker = asked();
  await worker.wakeAt(60_000);
  await worker.wakeAt(61_000);
  await worker.ended;
  assert.equal(worker.said[0][1], null);
});
