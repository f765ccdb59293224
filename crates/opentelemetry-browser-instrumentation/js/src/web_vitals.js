// LCP, INP, CLS, FCP and TTFB, by the definitions of the web-vitals library (https://github.com/GoogleChrome/web-vitals).
import { listen, observe, quietly, starting, whenIdle, whenSeen } from "./page.js";

const THRESHOLDS = { CLS: [0.1, 0.25], FCP: [1800, 3000], INP: [200, 500], LCP: [2500, 4000], TTFB: [800, 1800] };
const MOST_INTERACTIONS = 10;

/** Watches; `measured` takes a metric's attributes. */
export const watchWebVitals = (measured) => starting((undo) => {
  const { document, performance } = globalThis;
  const [navigation] = performance?.getEntriesByType?.("navigation") ?? [];
  if (!document || !navigation) return false;
  whenSeen(undo, () => {
    const on = (target, kind, listener, options) => undo.push(listen(target, kind, listener, options));
    const watch = (type, each, options) => {
      const observer = observe(type, each, options);
      if (observer) undo.push(observer.stop);
      return observer;
    };
    const start = navigation.activationStart ?? 0;
    const since = (time) => Math.max(time - start, 0);
    const hiddenBefore = performance.getEntriesByType("visibility-state").find((one) => one.name == "hidden" && one.startTime >= start);
    let hiddenAt = hiddenBefore?.startTime ?? (document.visibilityState == "hidden" && !document.prerendering ? 0 : Infinity);
    let type = start > 0 ? "prerender" : document.wasDiscarded ? "restore" : navigation.type.replace(/_/g, "-");

    /** A metric; what it returns reports the value, if that is another one than was reported. */
    const metric = (name, value = -1) => {
      const id = `v5-${Date.now()}-${Math.floor(Math.random() * (9e12 - 1)) + 1e12}`;
      const navigationType = type;
      let reported;
      const report = (time) => {
        const delta = report.value - (reported ?? 0);
        if (report.value < 0 || (!delta && reported !== undefined)) return;
        reported = report.value;
        const [good, poor] = THRESHOLDS[name];
        measured(
          {
            "browser.web_vital.name": name.toLowerCase(),
            "browser.web_vital.value": report.value,
            "browser.web_vital.delta": delta,
            "browser.web_vital.rating": report.value > poor ? "poor" : report.value > good ? "needs-improvement" : "good",
            "browser.web_vital.id": id,
            "browser.web_vital.navigation_type": navigationType,
          },
          time,
        );
      };
      report.value = value;
      return report;
    };
    const idle = (work) => (document.visibilityState == "hidden" ? work() : whenIdle(work));

    // TTFB: when the document's first byte is there; a page that is being loaded has all of it soon.
    let ttfb = metric("TTFB");
    const firstByte = () => {
      const { responseStart } = navigation;
      if (responseStart <= 0 || responseStart > performance.now()) return;
      ttfb.value = since(responseStart);
      ttfb(responseStart);
    };
    if (document.readyState == "complete") setTimeout(() => quietly(firstByte));
    else on(globalThis, "load", () => setTimeout(() => quietly(firstByte)));

    // FCP, and with it the begin of CLS.
    let fcp = metric("FCP");
    let cls;
    watch("paint", (entries) => {
      const painted = entries.find(({ name }) => name == "first-contentful-paint");
      if (!painted || painted.startTime >= hiddenAt) return;
      fcp.value = since(painted.startTime);
      fcp(painted.startTime);
      cls ??= metric("CLS", 0);
    });

    // CLS: the worst session of layout shifts; one ends after a second without any, or after five.
    let shifts = [];
    let worstShift;
    const shifted = (entries) => {
      for (const entry of entries) {
        if (entry.hadRecentInput) continue;
        const last = shifts.at(-1);
        if (!last || entry.startTime - last.startTime >= 1000 || entry.startTime - shifts[0].startTime >= 5000) shifts = [];
        shifts.push(entry);
        const sum = shifts.reduce((sum, { value }) => sum + value, 0);
        if (sum > (worstShift?.sum ?? 0)) worstShift = { sum, time: entry.startTime };
      }
    };
    const shiftObserver = watch("layout-shift", shifted);

    // LCP: the largest paint until the visitor acts, or looks elsewhere.
    let lcp = metric("LCP");
    let isPainted;
    const painted = (entries) => {
      const entry = entries.at(-1);
      if (isPainted || !entry || entry.startTime >= hiddenAt) return;
      lcp.value = since(entry.startTime);
      lcp.time = entry.startTime;
    };
    const paintObserver = watch("largest-contentful-paint", painted);
    const endPaint = () => {
      paintObserver?.flush();
      softPaintObserver?.flush();
      isPainted = true;
      lcp(lcp.time);
    };
    const acted = (event) => {
      const mine = lcp;
      // Not that of a soft navigation which begins meanwhile.
      if (event.isTrusted && !isPainted) idle(() => mine == lcp && endPaint());
    };
    for (const kind of ["keydown", "click"]) on(globalThis, kind, acted, true);

    // INP: the longest interaction, or of many all but one in fifty.
    let inp = metric("INP");
    let longest = [];
    let countBefore = 0;
    const interacted = (entries) => {
      for (const { interactionId: id, duration, startTime } of entries) {
        if (!id) continue;
        const known = longest.find((one) => one.id == id);
        if (known) {
          if (duration > known.duration) Object.assign(known, { duration, startTime });
        } else longest.push({ id, duration, startTime });
        longest = longest.sort((a, b) => b.duration - a.duration).slice(0, MOST_INTERACTIONS);
      }
      const count = (performance.interactionCount ?? longest.length) - countBefore;
      const one = longest[Math.min(longest.length - 1, Math.floor(count / 50))];
      if (one) [inp.value, inp.time] = [one.duration, one.startTime];
    };
    const hasInteractions = "interactionId" in (globalThis.PerformanceEventTiming?.prototype ?? {});
    const observers = hasInteractions
      ? [watch("event", interacted, { durationThreshold: 40 }), watch("first-input", interacted)]
      : [];

    /** Reports what has grown until now. */
    const conclude = () => {
      shiftObserver?.flush();
      if (cls && shiftObserver) {
        cls.value = worstShift?.sum ?? 0;
        cls(worstShift?.time);
      }
      observers.forEach((observer) => observer?.flush());
      inp(inp.time);
    };
    on(
      document,
      "visibilitychange",
      (event) => {
        if (document.visibilityState != "hidden") return;
        quietly(() => acted(event));
        conclude();
        hiddenAt = Math.min(hiddenAt, event.timeStamp);
      },
      true,
    );

    /** All begin anew, with another type of navigation. */
    const anew = (kind, time) => {
      type = kind;
      [ttfb, fcp, lcp, inp, cls] = [metric("TTFB", 0), metric("FCP"), metric("LCP"), metric("INP"), metric("CLS", 0)];
      [shifts, worstShift, longest] = [[], undefined, []];
      countBefore = performance.interactionCount ?? 0;
      ttfb(time);
    };

    // Another route that the engine takes for a navigation, because a visitor has asked for it and sees it. Its times count from that act.
    let soft, softPaint;
    const paintedSoftly = (entries) => {
      softPaint = entries.at(-1) ?? softPaint;
      if (isPainted || !soft || softPaint?.navigationId != soft.navigationId) return;
      lcp.value = softPaint.duration;
      lcp.time = softPaint.startTime + softPaint.duration;
    };
    const softPaintObserver = watch("interaction-contentful-paint", paintedSoftly);
    watch("soft-navigation", (entries) => {
      for (const entry of entries) {
        if (!isPainted) endPaint();
        conclude();
        anew("soft-navigation", entry.startTime);
        [soft, isPainted] = [entry, false];
        // Its first paint is the largest until there is another one.
        fcp.value = lcp.value = entry.duration;
        lcp.time = entry.startTime + entry.duration;
        fcp(lcp.time);
        paintedSoftly([]);
      }
    });

    // Back from the back/forward cache, a page begins anew.
    on(globalThis, "pageshow", (event) => {
      if (!event.persisted) return;
      hiddenAt = Infinity;
      isPainted = true;
      anew("back-forward-cache");
      requestAnimationFrame(() =>
        requestAnimationFrame(() =>
          quietly(() => {
            fcp.value = lcp.value = performance.now() - event.timeStamp;
            fcp();
            lcp();
            if (shiftObserver) cls();
          }),
        ),
      );
    });
  });
});
