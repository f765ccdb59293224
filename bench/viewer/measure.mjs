// How long the viewer takes to open a trace of 10,000 spans, and the longest task while it is scrolled from end to end, found in and
// zoomed, in Chromium. Node.js 22 or later:
//
//     node bench/viewer/measure.mjs http://localhost:16686 http://localhost:4318
//
// CHROME names the browser. The spans are sent to the second address, which the first must be the viewer of.

import { randomBytes } from "node:crypto";
import { startChromium } from "./chromium.mjs";
import { sendTrace } from "./spans.mjs";

const SPANS = 10_000;
const RUNS = 5;

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
  let [frames, longest, before, rows] = [0, 0, begun, 0];
  const end = grid.scrollHeight - grid.clientHeight;
  while (grid.scrollTop < end - 1) {
    grid.scrollTop += 400;
    const now = await frame();
    longest = Math.max(longest, now - before);
    before = now;
    frames += 1;
    rows = Math.max(rows, document.querySelectorAll(".sizer .row").length);
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
  return { frames, longest, rows, last, scrolling: between(begun, scrolled), acting: between(scrolled, Infinity) };
})()`;

const [viewer, otlp] = process.argv.slice(2);
if (!viewer || !otlp) {
  throw new Error("Say where the viewer and its OTLP endpoint are: node measure.mjs http://localhost:16686 http://localhost:4318");
}
const id = randomBytes(16).toString("hex");
await sendTrace(otlp, id, SPANS);
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
        `longest task ${most(scrolled.scrolling)}, at most ${scrolled.rows} rows in the page; ` +
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
