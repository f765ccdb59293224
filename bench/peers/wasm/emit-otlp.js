import init, * as wasm from "./emit_otlp.js";

// emit_otlp's queue is of a fixed size, and drops all that is in it when it is full. Its batches are of a fixed size too,
// in bytes: 1 MiB before compression.
const maxQueueSize = 10_000;
const SPANS_PER_TREE = 4;

export const features = { gzip: true, maxQueueSize, maxBatchSize: null };

let queueing = false;
let recorded = 0;
let flushed = 0;

let memory;

export async function load() {
  ({ memory } = await init());
}

export async function start({ endpoint, sampled, gzip }) {
  queueing = sampled;
  recorded = flushed = 0;
  wasm.start(endpoint, sampled, gzip);
}

export function record(trees) {
  if (queueing) {
    const spans = SPANS_PER_TREE * trees;
    if (recorded - flushed + spans > maxQueueSize) {
      throw new RangeError(`emit_otlp takes ${maxQueueSize} spans between two flushes`);
    }
    recorded += spans;
  }
  wasm.record(trees);
}

export async function flush() {
  const flushing = recorded;
  try {
    await wasm.flush();
  } finally {
    flushed = Math.max(flushed, flushing);
  }
}

export const { stop } = wasm;

/** Bytes of WebAssembly memory. */
export const memoryBytes = () => memory.buffer.byteLength;
