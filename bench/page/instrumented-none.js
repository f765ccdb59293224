// A page that nobody watches.
import { clicks, fetches, prepare } from "./instrumented-work.js";

export const features = {};
export const measurements = { fetches, clicks };

export async function load() {}

/** The time that it takes, in milliseconds. */
export function start() {
    prepare();
    return 0;
}

export function flush() {}

export function stop() {}
