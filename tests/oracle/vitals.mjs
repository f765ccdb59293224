// Our web vitals beside those of Google's library, on the page of the end-to-end tests; and how its document was timed.
import { onCLS, onFCP, onINP, onLCP, onTTFB } from "web-vitals";
import { watchNavigationTiming } from "../../crates/opentelemetry-browser-instrumentation/js/navigation_timing.js";
import { watchWebVitals } from "../../crates/opentelemetry-browser-instrumentation/js/web_vitals.js";

const told = { ours: [], theirs: [], navigation: [] };
for (const on of [onCLS, onFCP, onINP, onLCP, onTTFB]) {
  on(({ name, value, delta, rating, navigationType }) => told.theirs.push({ name: name.toLowerCase(), value, delta, rating, type: navigationType }));
}
watchWebVitals((vital) => {
  const of = (key) => vital[`browser.web_vital.${key}`];
  told.ours.push({ name: of("name"), value: of("value"), delta: of("delta"), rating: of("rating"), type: of("navigation_type") });
});
watchNavigationTiming((timed) => told.navigation.push(timed));
globalThis.told = told;
