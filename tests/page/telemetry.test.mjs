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

test("good settings replace the previous ones at once", async () => {
  const wasm = module();
  const telemetry = new Telemetry(wasm);
  telemetry.start("first");
  const { refused, undelivered } = telemetry.change("second");
  assert.equal(refused, null);
  assert.equal(wasm.current, "second");
  assert.equal(telemetry.settings, "second");
  assert.ok(telemetry.running);
  assert.equal(await undelivered, null);
});

test("bad settings leave the previous ones in use", async () => {
  const wasm = module();
  const telemetry = new Telemetry(wasm);
  telemetry.start("first");
  const { refused, undelivered } = telemetry.change("bad");
  assert.equal(refused.message, "bad settings");
  assert.equal(wasm.current, "first");
  assert.equal(telemetry.settings, "first");
  assert.ok(telemetry.running);
  assert.equal(await undelivered, null);
});

test("spans that shutdown could not deliver are reported, and the change is made", async () => {
  const shutdownError = new Error("4 spans were lost");
  const wasm = module({ shutdownError });
  const telemetry = new Telemetry(wasm);
  telemetry.start("first");
  const { refused, undelivered } = telemetry.change("second");
  assert.equal(refused, null);
  assert.equal(wasm.current, "second");
  assert.equal(await undelivered, shutdownError);
});

test("after a failed start the settings can be corrected", async () => {
  const wasm = module();
  const telemetry = new Telemetry(wasm);
  assert.throws(() => telemetry.start("bad"), /bad settings/);
  assert.equal(telemetry.running, false);
  assert.equal(telemetry.change("bad").refused.message, "bad settings");
  assert.equal(telemetry.running, false);
  const { refused, undelivered } = telemetry.change("good");
  assert.equal(refused, null);
  assert.equal(await undelivered, null);
  assert.equal(wasm.current, "good");
});
