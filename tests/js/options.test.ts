// The options of `start`: each does what it says, and says what is wrong with it.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, afterEach, before, test } from "node:test";

import load, { type StartOptions, type Stats, consent, flush, log, shutdown, start, startSpan, stats } from "./pkg/opentelemetry_browser_js.js";
import { type OtlpSpan, Receiver, plain, value } from "./receiver.js";

let receiver: Receiver;
let other: Receiver;

before(async () => {
  await load({ module_or_path: await readFile(new URL("./pkg/opentelemetry_browser_js_bg.wasm", import.meta.url)) });
  [receiver, other] = [await Receiver.listen(), await Receiver.listen()];
});
afterEach(async () => {
  await shutdown().catch(() => {});
  for (const one of [receiver, other]) {
    one.judge = () => 200;
    one.take();
    one.takeLogs();
    one.takeRequests();
  }
});
after(() => [receiver, other].forEach((one) => one.close()));

function begin(options: StartOptions = {}): void {
  start({ endpoint: receiver.endpoint, spool: false, consoleWarnings: false, ...options });
}

async function one(name = "span"): Promise<OtlpSpan> {
  startSpan(name).end();
  await flush();
  const [span] = receiver.take();
  assert.ok(span, `${name} has arrived`);
  return span;
}

/** What an option that is wrong is told. */
function refusal(options: object): string {
  let message = "";
  assert.throws(() => start({ endpoint: receiver.endpoint, ...options }), (error: Error) => {
    message = error.message;
    return error instanceof Error;
  });
  return message;
}

test("without consent nothing is recorded, and with it again", async () => {
  begin({ consent: false });
  startSpan("before").end();
  consent(true);
  assert.equal((await one("given")).name, "given");
  startSpan("withdrawn").end();
  consent(false);
  startSpan("after").end();
  await assert.rejects(flush(), /1 dropped/);
  assert.deepEqual(receiver.take(), []);
  assert.equal(stats().droppedBy["withdrawn"], 1);
  // It is the page's, whichever pipeline comes next.
  consent(true);
});

test("a visit is sampled as a whole", async () => {
  begin({ session: { scope: "memory", sampleRatio: 0 } });
  startSpan("span").end();
  await flush();
  assert.deepEqual(receiver.take(), []);
});

test("what the records are about", async () => {
  const resourceAttributes = { "deployment.environment.name": "staging", replicas: 2, tags: ["a", "b"], none: undefined };
  begin({ serviceName: "shop", serviceVersion: "1.2.3", resourceAttributes });
  await one();
  const resource = receiver.resource;
  assert.deepEqual(
    [resource["service.name"], resource["service.version"], resource["deployment.environment.name"], resource["replicas"], resource["tags"]],
    ["shop", "1.2.3", "staging", 2, ["a", "b"]],
  );
  assert.equal("none" in resource, false);
});

test("headers are those of an object, a Headers, a Map or a function", async () => {
  const forms: StartOptions["headers"][] = [
    { "x-key": "1" },
    new Headers({ "x-key": "1" }),
    new Map([["x-key", "1"]]),
    () => ({ "x-key": "1" }),
    async () => new Headers({ "x-key": "1" }),
  ];
  for (const headers of forms) {
    begin({ headers } as StartOptions);
    await one();
    assert.equal(receiver.takeRequests()[0]?.headers["x-key"], "1");
    await shutdown();
  }
});

test("a function gives other headers after a 401, and each record arrives once", async () => {
  let asked = 0;
  begin({ headers: async () => ({ authorization: `Bearer ${++asked}` }) });
  receiver.judge = ({ headers }) => (headers.authorization === "Bearer 1" ? 401 : 200);
  startSpan("span").end();
  log("info", "log");
  assert.equal((await flush()).delivered, 2);
  assert.deepEqual([receiver.take().length, receiver.takeLogs().length], [1, 1]);
  assert.ok(asked >= 3, "once more after the 401");
});

test("a function that fails stops nothing, is told, and is asked again", async () => {
  let give: () => unknown = () => ({});
  const told: Stats[] = [];
  const retry = { initialBackoffMillis: 1, maxBackoffMillis: 1, maxAttempts: 1 };
  begin({ headers: (() => give()) as () => Record<string, string>, retry, exportTimeoutMillis: 3000, onDiagnostics: (seen) => told.push(seen) });
  const failures: [() => unknown, RegExp][] = [
    [() => { throw new Error("signed out"); }, /the header provider failed: signed out/],
    [() => Promise.reject("expired"), /the header provider failed: the string "expired"/],
    [() => undefined, /the header provider failed: what headers\(\) gives is undefined; accepted is an object/],
    [() => ({ "x-key": 1 }), /what headers\(\) gives\["x-key"\] is the number 1; accepted is a string/],
    [() => ({ "bad name": "x" }), /bad name/],
    [() => new Promise(() => {}), /the header provider failed: no headers within|not delivered/],
  ];
  for (const [index, [failure, words]] of failures.entries()) {
    give = failure;
    startSpan(`span ${index}`).end();
    await assert.rejects(flush(), words);
  }
  assert.equal(receiver.takeRequests().length, 0, "nothing goes without what it asks for");
  assert.ok(told.some((seen) => seen.lastError?.includes("signed out")));
  give = () => ({ "x-key": "1" });
  let tries = 0;
  while (stats().queued > 0 && tries++ < 100) await flush().catch(() => new Promise((done) => setTimeout(done, 100)));
  assert.deepEqual(receiver.take().map((span) => span.name), failures.map((_, index) => `span ${index}`));
  assert.deepEqual([stats().exported, stats().dropped, stats().lastError], [failures.length, 0, null]);
});

test("logs have an endpoint or a path of their own", async () => {
  begin({ logsEndpoint: `${other.endpoint}/loki/v1/logs?tenant=1` });
  log("info", "elsewhere");
  await flush();
  assert.deepEqual([receiver.takeLogs().length, other.takeRequests()[0]?.path], [0, "/loki/v1/logs?tenant=1"]);
  await shutdown();
  begin({ logsPath: "/logs" });
  log("info", "by another path");
  await flush();
  assert.equal(receiver.takeRequests()[0]?.path, "/logs");
});

test("secrets are redacted from both signals", async () => {
  begin({ redactUrls: { keepQueryKeys: ["page"] } });
  log("info", "to https://h/?page=2&token=s3cret");
  assert.equal((await one("GET https://ann:s3cret@h/?page=2&token=s3cret")).name, "GET https://REDACTED:REDACTED@h/?page=2&token=REDACTED");
  assert.equal(value(receiver.takeLogs()[0]?.body), "to https://h/?page=2&token=REDACTED");
  await shutdown();

  const seen: (string | undefined)[] = [];
  begin({
    removeAttributes: ["user.email"],
    redact: (text, key) => {
      seen.push(key);
      if (text === "throws") throw new Error("a hook");
      // Its own spans and records would be redacted in turn.
      startSpan("by the hook").end();
      return key === "card" ? "****" : undefined;
    },
  });
  const attributes = { "user.email": "ann@example.com", card: "4242", odd: "throws", kept: "kept", n: 1 };
  startSpan("span", { attributes }).end();
  log("info", { card: "4242", "user.email": "ann@example.com" }, attributes);
  await flush();
  const [spans, logs] = [receiver.take(), receiver.takeLogs()];
  assert.deepEqual(spans.map((span) => span.name), ["span"]);
  for (const record of [spans[0], logs[0]]) {
    assert.deepEqual(plain(record?.attributes), { card: "****", odd: "REDACTED", kept: "kept", n: 1 });
  }
  assert.deepEqual(value(logs[0]?.body), { card: "****" });
  assert.ok(seen.includes(undefined) && seen.includes("kept"));
});

test("what goes wrong is told, and that it is well again", async () => {
  const told: Stats[] = [];
  begin({
    retry: false,
    onDiagnostics: (seen) => {
      told.push(seen);
      throw new Error("its own affair");
    },
  });
  receiver.judge = () => 400;
  startSpan("refused").end();
  await assert.rejects(flush(), /HTTP status 400/);
  assert.equal(told.at(-1)?.lastErrorCause, "status");
  assert.deepEqual([told.at(-1)?.dropped, told.at(-1)?.open], [1, 0]);
  receiver.judge = () => 200;
  await one();
  await new Promise((done) => setTimeout(done, 0));
  assert.equal(told.at(-1)?.lastError, null);
});

test("attempts are as many as is said", async () => {
  for (const [retry, attempts] of [[false, 1], [{ maxAttempts: 2, initialBackoffMillis: 1 }, 2]] as const) {
    begin({ retry, exportTimeoutMillis: 500 });
    receiver.judge = () => 503;
    startSpan("span").end();
    await assert.rejects(flush(), /HTTP status 503/);
    assert.ok(receiver.takeRequests().length >= attempts);
    assert.ok(stats().retried >= attempts - 1);
    if (retry === false) assert.equal(stats().queued, 1, "it waits for a later round");
    receiver.judge = () => 200;
    await shutdown().catch(() => {});
    receiver.takeRequests();
  }
});

test("a visit has an id, and texts have an end", async () => {
  begin({ session: { scope: "tab", idleTimeoutMillis: 60_000, maximumDurationMillis: 120_000 }, attributeValueLengthLimit: 5 });
  log("info", "in it", { long: "abcdefghij" });
  startSpan("span", { attributes: { long: "abcdefghij", list: ["abcdefghij"] } }).end();
  await flush();
  // The session has a record of its own.
  const logged = receiver.takeLogs().find((record) => record.body !== undefined);
  const [span, record] = [plain(receiver.take()[0]?.attributes), plain(logged?.attributes)];
  assert.deepEqual([span["long"], span["list"], record["long"]], ["abcde", ["abcde"], "abcde"]);
  assert.ok(span["session.id"]);
  assert.equal(span["session.id"], record["session.id"]);
});

test("the rest is taken, and does not stand in the way", async () => {
  const rest: StartOptions = {
    keepalive: false, worker: true, retry: true, session: false, redactUrls: false, logs: true, compression: "none", path: "/v1/traces",
    spool: { maxBytes: 1000, maxAgeMillis: 1000 }, sampleRatio: 1, batchSize: 10, delayMillis: 10, maxQueueSize: 100,
    consoleWarnings: undefined as never, headers: undefined as never,
  };
  begin(rest);
  await one();
});

test("each wrong option is named, with what is accepted", () => {
  const cases: [object, ...string[]][] = [
    [{ serviceVersion: 1 }, "serviceVersion is the number 1", "a string that is not empty"],
    [{ resourceAttributes: [] }, "resourceAttributes is an array", "an object"],
    [{ resourceAttributes: { a: {} } }, 'resourceAttributes["a"] is of type object', "a string, a number"],
    [{ resourceAttributes: { a: ["x", 1] } }, 'resourceAttributes["a"]'],
    [{ logsEndpoint: "localhost" }, "localhost", "http://localhost:4318"],
    [{ logsPath: "" }, "logsPath", "not empty"],
    [{ headers: "a: b" }, "headers is the string", "an object with header names"],
    [{ headers: { a: 1 } }, 'headers["a"] is the number 1', "a string"],
    [{ headers: { cookie: "x" } }, "cookie"],
    [{ headers: new Map([["a", 1]]) }, 'headers["a"] is the number 1'],
    [{ keepalive: 1 }, "keepalive is the number 1", "true or false"],
    [{ worker: "yes" }, 'worker is the string "yes"', "true or false"],
    [{ retry: 3 }, "retry is the number 3", "maxAttempts"],
    [{ retry: { maxAttempts: 0 } }, "retry.maxAttempts is the number 0", "an integer from 1 to 100"],
    [{ retry: { attempts: 1 } }, 'unknown option "retry.attempts"', "maxAttempts"],
    [{ retry: { get maxAttempts() { throw new Error("hostile"); } } }, "retry.maxAttempts cannot be read"],
    [{ headers: new Proxy({}, { ownKeys() { throw new Error("hostile"); } }) }, "headers cannot be read"],
    [{ spool: "yes" }, "spool", "true or false"],
    [{ spool: { maxBytes: -1 } }, "spool.maxBytes is the number -1", "an integer from 1"],
    [{ logs: false, logsPath: "/logs" }, '"logsPath" says where logs go', '"logs" is false'],
    [{ session: { scope: "page" } }, 'session.scope is the string "page"', '"origin", "tab" or "memory"'],
    [{ session: { idleTimeoutMillis: Infinity } }, "session.idleTimeoutMillis"],
    [{ redactUrls: { keepQueryKeys: "page" } }, "redactUrls.keepQueryKeys", "a list of strings"],
    [{ redact: "secret" }, "redact is the string", "a function"],
    [{ removeAttributes: ["a", 1] }, "removeAttributes is the number 1", "a list of strings"],
    [{ attributeValueLengthLimit: 0 }, "attributeValueLengthLimit is the number 0", "an integer from 1"],
    [{ onDiagnostics: {} }, "onDiagnostics is of type object", "a function"],
    [{ consoleWarnings: null }, "consoleWarnings is null", "true or false"],
    [{ colour: "red" }, 'unknown option "colour"', "serviceVersion", "endpoint", "onDiagnostics"],
  ];
  for (const [options, ...words] of cases) {
    const message = refusal(options);
    for (const word of words) assert.ok(message.includes(word), `${word}: ${message}`);
  }
  begin();
});

test("the types of options are strict", () => {
  // @ts-expect-error: no such scope
  const scope: StartOptions = { session: { scope: "page" } };
  // @ts-expect-error: headers are texts
  const headers: StartOptions = { headers: { a: 1 } };
  // @ts-expect-error: a hook is a function
  const hook: StartOptions = { redact: true };
  assert.ok(scope && headers && hook);
  begin();
});
