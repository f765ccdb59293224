// The traces of /api/list in, rows of the list out: which there are, and in what order.

import { usualMost } from "./usual-range.js";
import { countsFromZero, isLikelyDuration, likelyOf } from "./wall-clock.js";

/**
 * One trace as the list has it; its times are nanoseconds as BigInt. A trace with a span without a start begins in 1970 for the collector:
 * its start and its duration are not known here, and null. One whose clock is ahead of the collector's is listed by when it came.
 */
export function summary({ traceId, root, startTimeUnixNano, listedUnixNano, durationNano, spanCount, errorCount, serviceCount, services }) {
  const [start, duration] = [BigInt(startTimeUnixNano), BigInt(durationNano)];
  const known = start !== 0n || countsFromZero(duration);
  return {
    id: traceId,
    name: root.name,
    service: root.service,
    missing: root.missing,
    start: known ? start : null,
    listed: listedUnixNano ? BigInt(listedUnixNano) : known ? start : null,
    duration: known ? duration : null,
    spans: spanCount,
    errors: errorCount,
    services,
    serviceCount,
  };
}

/** Whether a trace starts in the future, as far as the collector knows. */
export const isAhead = (trace) => trace.listed !== trace.start;

/** Puts changed traces in the place of what they were; of all only the newest stay, as many as the limit says. */
export function merge(traces, changed, limit) {
  const known = new Map(traces.map((trace) => [trace.id, trace]));
  for (const trace of changed) {
    known.set(trace.id, trace);
  }
  return [...known.values()].sort(ORDERS.newest).slice(0, limit);
}

/** The same traces in the order that is asked for. Equal ones are the newest first. */
export function sorted(traces, sort) {
  return [...traces].sort(ORDERS[sort]);
}

/** Which of `now` are not in `before`, by id; and which are, but have changed. */
export function difference(before, now) {
  const earlier = new Map(before.map((trace) => [trace.id, trace]));
  const added = new Set();
  const changed = new Set();
  for (const trace of now) {
    const was = earlier.get(trace.id);
    if (!was) {
      added.add(trace.id);
    } else if (was !== trace && !isSame(was, trace)) {
      changed.add(trace.id);
    }
  }
  return { added, changed };
}

/** What the bars of durations are relative to: the longest, but for the few that would leave no room for the others. At least 1. */
export function longest(traces) {
  return Math.max(usualMost(likelyOf(traces.map(({ duration }) => duration ?? 0n), isLikelyDuration).map(Number)), 1);
}

function isSame(a, b) {
  return a.spans === b.spans && a.errors === b.errors && a.start === b.start && a.duration === b.duration && a.name === b.name;
}

const by = (key) => (a, b) => descending(a[key], b[key]) || newest(a, b);

const ORDERS = { newest, longest: by("duration"), spans: by("spans"), errors: by("errors") };

function newest(a, b) {
  return descending(a.listed, b.listed) || descending(a.id, b.id);
}

/** What is not known comes last. */
function descending(a, b) {
  if (a === b) {
    return 0;
  }
  return b === null || (a !== null && a > b) ? -1 : 1;
}
