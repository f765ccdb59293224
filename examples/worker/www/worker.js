import load, { start, work } from "../pkg/example_worker.js";

let started;

onmessage = async ({ data: { endpoint, headers, items } }) => {
  await (started ??= load().then(() => start("shop-worker", endpoint)));
  postMessage(await work(headers.traceparent, items));
};
