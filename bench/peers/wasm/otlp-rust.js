import init, * as wasm from "./otlp_rust.js";

export const features = { gzip: true };

let memory;

export async function load() {
  ({ memory } = await init());
}

export async function start({ endpoint, sampled, maxQueueSize, maxBatchSize, gzip }) {
  wasm.start(endpoint, sampled, maxQueueSize, maxBatchSize, gzip);
}

export const { record, flush, stop } = wasm;

/** Bytes of WebAssembly memory. */
export const memoryBytes = () => memory.buffer.byteLength;
