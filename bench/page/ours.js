// The library behind the interface that all the compared have (see peers/README.md).
import init, * as wasm from "./bench_ours.js";

export const features = { gzip: true };

let memory;

export async function load() {
    ({ memory } = await init());
}

export async function start({ endpoint, sampled, maxQueueSize, maxBatchSize, gzip, worker = false }) {
    wasm.start(endpoint, sampled, maxQueueSize, maxBatchSize, gzip, worker);
}

export const { record, flush, stop } = wasm;

/** Bytes of WebAssembly memory. */
export const memoryBytes = () => memory.buffer.byteLength;
