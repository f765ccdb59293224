import assert from "node:assert/strict";
import { test } from "node:test";

import { labelPlace } from "../../crates/collector/viewer/model/label-place.js";

test("a duration stands beside its bar where there is room, else on it, else where there is more room", () => {
  for (const [bar, place] of [
    [[0, 10, 100], "after"],
    [[60, 99, 100], "before"],
    [[90, 91, 100], "before"],
    [[5, 99, 100], "inside"],
    [[0, 100, 100], "inside"],
    [[20, 21, 30], "before"],
    [[10, 11, 30], "after"],
  ]) {
    assert.equal(labelPlace(bar, 30), place, bar.join());
  }
});

test("a label takes no room of its bar unless it is on it", () => {
  for (let left = 0; left <= 100; left += 5) {
    for (let right = left; right <= 100; right += 5) {
      const needs = 30;
      const [from, to] = { after: [right, 100], before: [0, left], inside: [left, right] }[labelPlace([left, right, 100], needs)];
      const most = Math.max(100 - right, left, right - left);
      assert.ok(to - from >= Math.min(needs, Math.max(100 - right, left)), `${left} ${right}: ${from} to ${to} of ${most}`);
    }
  }
});
