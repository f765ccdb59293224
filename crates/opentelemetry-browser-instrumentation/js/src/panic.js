// The stack of WebAssembly and JavaScript, where a panic happens.

/** At most 50 frames; none, where the engine does not tell. */
export function stack() {
  const before = Error.stackTraceLimit;
  try {
    Error.stackTraceLimit = 50;
    return new Error("panic").stack;
  } catch {
  } finally {
    try {
      Error.stackTraceLimit = before;
    } catch {}
  }
}
