import load, { start } from "../pkg/example_dioxus_router.js";

await load();
start(document.querySelector("meta[name=otlp-endpoint]").content);
document.documentElement.dataset.ready = "true";
