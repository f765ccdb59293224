import assert from "node:assert/strict";
import { test } from "node:test";

import { Telemetry } from "../../www/telemetry.js";

// The module's rules: init once until shutdown, and only with good settings.
function module({ shutdownError = null } = {}) {
  let current = null;
  return {
    get current() {
      return current;
    },
    init(settings) {
      if (current) throw new Error("init was called twice");
      if (settings === "bad") throw new Error("bad settings");
      current = settings;
    },
    async shutdown() {
      current = null;
      if (shutdownError) throw shutdownError;
    },
  };
}

test("good settings replace the previous ones", async () => {
  const wasm = module();
  const telemetry = new Telemetry(wasm);
  telemetry.start("first");
  assert.deepEqual(await telemetry.change("second"), { refused: null, undelivered: null });
  assert.equal(wasm.current, "second");
  assert.equal(telemetry.settings, "second");
});

test("bad settings leave the previous ones in use", async () => {
  const wasm = module();
  const telemetry = new Telemetry(wasm);
  telemetry.start("first");
  const { refused } = await telemetry.change("bad");
  assert.equal(refused.message, "bad settings");
  assert.equal(wasm.current, "first");
  assert.equal(telemetry.settings, "first");
  assert.ok(telemetry.running);
});

test("spans that shutdown could not deliver are reported, and the change goes on", async () => {
  const shutdownError = new Error("4 spans were lost");
  const wasm = module({ shutdownError });
  const telemetry = new Telemetry(wasm);
  telemetry.start("first");
  assert.deepEqual(await telemetry.change("second"), { refused: null, undelivered: shutdownError });
  assert.equal(wasm.current, "second");
});

test("nothing is running between the two, so nothing is called there", async () => {
  const telemetry = new Telemetry(module());
  telemetry.start("first");
  const change = telemetry.change("second");
  assert.equal(telemetry.running, false);
  await change;
  assert.equal(telemetry.running, true);
});

test("after a failed start the settings can be corrected", async () => {
  const wasm = module();
  const telemetry = new Telemetry(wasm);
  assert.throws(() => telemetry.start("bad"), /bad settings/);
  assert.equal(telemetry.running, false);
  const { refused } = await telemetry.change("bad");
  assert.equal(refused.message, "bad settings");
  await telemetry.change("good");
  assert.equal(wasm.current, "good");
});
