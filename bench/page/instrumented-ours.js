// The library with its instrumentations.
import init, * as wasm from "./bench_instrumented.js";
import { clicks, fetches, prepare } from "./instrumented-work.js";

export const features = {};
export const measurements = { fetches, clicks, recorded: wasm.recorded };

export const load = () => init();

/** The time that it takes, in milliseconds. */
export function start({ endpoint, names }) {
    const begun = performance.now();
    wasm.start(endpoint, "bench", names);
    const time = performance.now() - begun;
    prepare();
    return time;
}

export const { flush, stop } = wasm;
