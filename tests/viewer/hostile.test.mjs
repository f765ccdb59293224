import assert from "node:assert/strict";
import { test } from "node:test";

import { spanId, traceId } from "../../crates/collector/viewer/model/id.js";
import { line, short, visible } from "../../crates/collector/viewer/model/visible.js";

test("the invisible is shown, as in the HTML of the collector", () => {
  assert.equal(visible("a\0b\x1b[0m\r\n\x7f"), "a␀b␛[0m␍\n␡");
  assert.equal(visible("\u202ecba\u2066\ufeff\u0085"), "\\u{202e}cba\\u{2066}\\u{feff}\\u{85}");
  assert.equal(visible("\u{e0041}"), "\\u{e0041}");
  assert.equal(visible("שלום 你好 👩‍💻 é\t"), "שלום 你好 👩‍💻 é\t");
  assert.equal(line("a\nb\tc", 10), "a␊b␉c");
});

test("long text is cut after whole characters", () => {
  assert.equal(short("äöü", 2), "äö…");
  assert.equal(short("äöü", 3), "äöü");
  assert.equal(short("a👍b", 2), "a…");
  assert.equal(short("x".repeat(1 << 20), 100).length, 101);
});

test("only hex becomes part of a path", () => {
  assert.equal(traceId(" 0AF7651916CD43DD8448EB211C80319C "), "0af7651916cd43dd8448eb211c80319c");
  assert.equal(traceId("2"), `${"0".repeat(31)}2`);
  for (const text of ["", "xyz", "../../x", "0".repeat(32), "1".repeat(33), "javascript:alert(1)", null, undefined]) {
    assert.equal(traceId(text), null, String(text));
  }
  assert.equal(spanId("1".repeat(17)), null);
});
