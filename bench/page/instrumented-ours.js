// The library with its instrumentations.
import init, * as wasm from "./bench_instrumented.js";
import { clicks, fetches, prepare } from "./instrumented-work.js";

export const features = {};
export const measurements = { fetches, clicks, install, recorded: wasm.recorded };

export const load = () => init();

/** The time that it takes, in milliseconds. */
export function start({ endpoint, names }) {
    const begun = performance.now();
    wasm.start(endpoint, "bench", names);
    const time = performance.now() - begun;
    prepare();
    return time;
}

/** The time that instrumentations alone take, in milliseconds. */
function install({ endpoint, names }) {
    wasm.open(endpoint, "bench");
    const begun = performance.now();
    wasm.install(names);
    return performance.now() - begun;
}

export const { flush, stop } = wasm;
