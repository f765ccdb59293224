// How long the viewer takes to open a trace, and the longest task while it is scrolled from end to end, found in and zoomed, in
// Chromium. Node.js 22 or later:
//
//     node bench/viewer/measure.mjs http://localhost:16686 http://localhost:4318
//     node bench/viewer/measure.mjs http://localhost:16686 http://localhost:4318 100000 flat
//
// CHROME names the browser. The spans, 10,000 of a bushy trace unless the words say otherwise, are sent to the second address, which the
// first must be the viewer of. The shapes are those of shapes.mjs.

import { randomBytes } from "node:crypto";
import { startChromium } from "./chromium.mjs";
import { SHAPES } from "./shapes.mjs";
import { resourceSpans, send } from "./spans.mjs";

const RUNS = 5;
/** Pixels of a step: with more rows the steps are longer. */
const STEPS = 600;

// Runs in the page, before its own scripts.
const WATCH = `
  window.measured = { tasks: [], shown: null };
  new PerformanceObserver((list) => list.getEntries().forEach(({ startTime, duration }) => measured.tasks.push({ startTime, duration })))
    .observe({ type: "longtask", buffered: true });
  const look = () => {
    if (document.querySelector(".sizer .row")) {
      // After the frame that has them is painted.
      requestAnimationFrame(() => setTimeout(() => (measured.shown = performance.now())));
    } else {
      requestAnimationFrame(look);
    }
  };
  requestAnimationFrame(look);
`;

const SCROLL = `(async () => {
  const grid = document.querySelector(".waterfall");
  const frame = () => new Promise(requestAnimationFrame);
  const begun = performance.now();
  let [frames, longest, before, rows, elements] = [0, 0, begun, 0, 0];
  const end = grid.scrollHeight - grid.clientHeight;
  const step = Math.max(400, Math.ceil(end / ${STEPS}));
  while (grid.scrollTop < end - 1) {
    grid.scrollTop += step;
    const now = await frame();
    longest = Math.max(longest, now - before);
    before = now;
    frames += 1;
    rows = Math.max(rows, document.querySelectorAll(".sizer .row").length);
    elements = Math.max(elements, document.querySelectorAll("*").length);
  }
  const last = document.querySelector(".sizer").lastElementChild.getAttribute("aria-rowindex");
  const scrolled = performance.now();
  const find = document.querySelector("#find");
  find.value = "operation 9";
  find.dispatchEvent(new Event("input"));
  for (const key of ["+", "+", "]", "z", "C", "X", "e", "e"]) {
    document.querySelector(".waterfall").dispatchEvent(new KeyboardEvent("keydown", { key, shiftKey: /[A-Z]/.test(key), bubbles: true }));
    await frame();
  }
  await new Promise((resolve) => setTimeout(resolve, 1000));
  const between = (from, to) => measured.tasks.filter(({ startTime }) => startTime >= from && startTime < to).map(({ duration }) => duration);
  return { frames, longest, rows, elements, last, scrolling: between(begun, scrolled), acting: between(scrolled, Infinity) };
})()`;

const [viewer, otlp, spans = "10000", shape = "bushy"] = process.argv.slice(2);
if (!viewer || !otlp || !(Number(spans) > 0) || !SHAPES[shape]) {
  throw new Error(`Say where the viewer and its OTLP endpoint are, and how many spans of which shape (${Object.keys(SHAPES).join(", ")}): node measure.mjs http://localhost:16686 http://localhost:4318 10000 bushy`);
}
const id = randomBytes(16).toString("hex");
await send(otlp, resourceSpans(SHAPES[shape](Number(spans)), id, BigInt(Date.now()) * 1_000_000n));
const browser = await startChromium(process.env.CHROME ?? "chromium");
try {
  await browser.send("Page.enable");
  await browser.send("Performance.enable");
  await browser.send("Page.addScriptToEvaluateOnNewDocument", { source: WATCH });
  for (let run = 1; run <= RUNS; run += 1) {
    const loaded = browser.waitFor("Page.loadEventFired");
    await browser.send("Page.navigate", { url: `${viewer}/trace/${id}?run=${run}` });
    await loaded;
    const opened = await evaluate("new Promise((done) => { const ask = () => (measured.shown ? done(measured) : setTimeout(ask, 20)); ask(); })");
    const before = await work();
    const scrolled = await evaluate(SCROLL);
    const worked = ((await work()) - before) / scrolled.frames;
    console.log(
      `run ${run}: open ${opened.shown.toFixed(0)} ms (longest task ${most(opened.tasks.map(({ duration }) => duration))}); ` +
        `${scrolled.frames} frames to row ${scrolled.last}, ${worked.toFixed(1)} ms of work each, longest ${scrolled.longest.toFixed(0)} ms, ` +
        `longest task ${most(scrolled.scrolling)}, at most ${scrolled.rows} rows and ${scrolled.elements} elements in the page; ` +
        `find, zoom, collapse, expand, errors: longest task ${most(scrolled.acting)}`,
    );
  }
} finally {
  await browser.close();
}

/** Milliseconds that tasks of the page have taken so far. */
async function work() {
  const { metrics } = await browser.send("Performance.getMetrics");
  return metrics.find(({ name }) => name === "TaskDuration").value * 1000;
}

async function evaluate(expression) {
  const { result, exceptionDetails } = await browser.send("Runtime.evaluate", { expression, awaitPromise: true, returnByValue: true });
  if (exceptionDetails) {
    throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
  }
  return result.value;
}

function most(durations) {
  return durations.length === 0 ? "below 50 ms" : `${Math.max(...durations).toFixed(0)} ms`;
}
