// The way in: the path of the page in, the module that shows it called. Each page loads only what it needs.

import { base } from "./shared/base.js";
import { h } from "./shared/dom.js";
import { problem } from "./shared/problem.js";
import { buildShell } from "./shared/shell.js";

const PAGES = [
  { path: /^\/$/, name: "list", load: () => import("./list/page.js"), styles: ["filters.css", "list.css", "rows.css", "scatter.css", "files.css"] },
  { path: /^\/logs$/, name: "logs", load: () => import("./logs/page.js"), styles: ["filters.css", "list.css", "detail.css", "logs.css"] },
  { path: /^\/series$/, name: "series", load: () => import("./series/page.js"), styles: ["list.css", "series.css"] },
  { path: /^\/trace\/([^/]+)$/, name: "trace", load: () => import("./trace/page.js"), styles: ["trace.css", "waterfall.css", "detail.css", "logs.css"] },
  { path: /^\/compare$/, name: "compare", load: () => import("./compare/page.js"), styles: ["compare.css"] },
  { path: /^\/map$/, name: "map", load: () => import("./map/page.js"), styles: ["map.css"] },
];

const path = location.pathname.slice(base.length) || "/";
const page = document.body.dataset.page === "app" ? PAGES.find((each) => each.path.test(path)) : undefined;
buildShell(page?.name);
if (page) {
  show(page);
} else {
  document.documentElement.dataset.ready = "true";
}

async function show({ path: pattern, load, styles }) {
  const root = h("main", { class: "app" });
  const [, argument] = pattern.exec(path);
  try {
    const [module] = await Promise.all([load(), ...styles.map(addStyle)]);
    document.body.append(root);
    await module.show(root, { argument, params: new URLSearchParams(location.search) });
  } catch (error) {
    root.replaceChildren(problem(error));
    document.body.append(root);
  }
  document.documentElement.dataset.ready = "true";
}

function addStyle(name) {
  return new Promise((resolve, reject) => {
    const link = h("link", { rel: "stylesheet", href: `${base}/app/style/${name}` });
    link.addEventListener("load", resolve);
    link.addEventListener("error", () => reject(new Error(`The style sheet ${name} could not be loaded. Reload the page.`)));
    document.head.append(link);
  });
}
