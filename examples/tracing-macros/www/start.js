import load, { checkout, flush, start } from "../pkg/example_tracing_macros.js";

await load();
start(document.querySelector("meta[name=otlp-endpoint]").content);

const element = (id) => document.getElementById(id);
element("checkout").addEventListener("click", async () => {
  const { traceId, total } = await checkout(3);
  element("trace").textContent = traceId;
  element("answer").textContent = total;
});
element("flush").addEventListener("click", () => flush());
document.documentElement.dataset.ready = "true";
