// The library with its requests made by a worker.
import * as ours from "./ours.js";

export const { features, load, record, flush, stop, memoryBytes } = ours;

export const start = (options) => ours.start({ ...options, worker: true });
