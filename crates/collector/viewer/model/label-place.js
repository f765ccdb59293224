// Where a bar's duration stands. Pixels come in: the bar's ends, the width of the column, what the label needs. No DOM here.

/** Beside the bar where there is room, else on it, else where there is more room: "after", "before" or "inside". */
export function labelPlace([left, right, width], needs) {
  const [before, after] = [left, width - right];
  if (after >= needs) {
    return "after";
  }
  if (before >= needs) {
    return "before";
  }
  if (right - left >= needs) {
    return "inside";
  }
  return after >= before ? "after" : "before";
}
