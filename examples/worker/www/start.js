import load, { checkout, flush, start } from "../pkg/example_worker.js";

const endpoint = document.querySelector("meta[name=otlp-endpoint]").content;
await load();
start("shop", endpoint);
const worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module" });

// One question at a time: a page that asks more has to number them.
const ask = (headers) => new Promise((resolve, reject) => {
  worker.onmessage = ({ data }) => resolve(data);
  worker.onerror = reject;
  worker.postMessage({ endpoint, headers, items: 3 });
});

const element = (id) => document.getElementById(id);
element("checkout").addEventListener("click", async () => {
  element("trace").textContent = await checkout(async (headers) => {
    const total = await ask(headers);
    element("answer").textContent = total;
    return total;
  });
});
element("flush").addEventListener("click", () => flush());
document.documentElement.dataset.ready = "true";
