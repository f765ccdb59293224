// Our web vitals beside those of Google's library, on the page of the end-to-end tests; and how its document was timed.
import { onCLS, onFCP, onINP, onLCP, onTTFB } from "web-vitals";
import { watchNavigation } from "../../crates/opentelemetry-browser-instrumentation/js/navigation.js";
import { watchNavigationTiming } from "../../crates/opentelemetry-browser-instrumentation/js/navigation_timing.js";
import { watchWebVitals } from "../../crates/opentelemetry-browser-instrumentation/js/web_vitals.js";

// What is told of a page before a visitor sees it is counted.
const told = { ours: [], theirs: [], navigation: [], early: 0 };
if (document.prerendering) localStorage.isPrerendered = location.href;
for (const on of [onCLS, onFCP, onINP, onLCP, onTTFB]) {
  on(({ name, value, delta, rating, navigationType }) => told.theirs.push({ name: name.toLowerCase(), value, delta, rating, type: navigationType }));
}
watchWebVitals((vital) => {
  if (document.prerendering) told.early++;
  const of = (key) => vital[`browser.web_vital.${key}`];
  told.ours.push({ name: of("name"), value: of("value"), delta: of("delta"), rating: of("rating"), type: of("navigation_type") });
});
watchNavigation((navigated) => document.prerendering && told.early++);
watchNavigationTiming((timed) => {
  if (document.prerendering) told.early++;
  told.navigation.push(timed);
});
globalThis.told = told;
