// Spans with the times that they came with in; out the same spans with their places in time, and the times of their trace.
//
// What is said in words comes from `startNano`, `endNano` and `duration`, which are exact: BigInt, as the spans have them. What is drawn
// comes from `start` and `end`, which are numbers of nanoseconds since the trace's `origin`, exact up to 104 days from there.

import { usualRange } from "./usual-range.js";
import { countsFromZero, isLikelyDuration, isLikelyTime, likelyOf, nowNanos } from "./wall-clock.js";

/**
 * Spans have `startNano` and `endNano` as they were sent, 0n for none. They are given `hasStart`, `hasEnd`, `start`, `end` and `duration`,
 * null where one of the two is not set. `startNano` and `endNano` then say where the span is: one without an end, or with an end before its
 * start, at its start; one without a start at its end; one with neither where the trace begins.
 *
 * The trace's `start` and `duration` are of all spans, null where none says them; `usual` is the range { from, to } of all but the few that
 * are far from the others, `origin` its beginning, `whole` the range of all, and `far` how many are not in the usual one.
 */
export function placeInTime(spans) {
  setBounds(spans);
  const placed = spans.filter(({ hasStart, hasEnd }) => hasStart || hasEnd);
  const { origin, usual } = usualTimes(placed);
  for (const span of spans) {
    if (!span.hasStart && !span.hasEnd) {
      span.startNano = span.endNano = origin;
    }
  }
  draw(spans, origin);
  const [first, last] = placed.length > 0 ? [earliest(placed), latest(placed)] : [origin, origin];
  return {
    origin,
    usual,
    whole: { from: Number(first - origin), to: Number(last - origin) },
    far: spans.reduce((count, { start, end }) => count + (start < usual.from || end > usual.to ? 1 : 0), 0),
    start: spans.some(({ hasStart }) => hasStart) ? first : null,
    duration: spans.some((span) => span.duration !== null) ? last - first : null,
  };
}

function draw(spans, origin) {
  for (const span of spans) {
    span.start = Number(span.startNano - origin);
    span.end = Number(span.endNano - origin);
  }
}

function setBounds(spans) {
  const last = spans.reduce((most, { startNano, endNano }) => larger(most, larger(startNano, endNano)), 0n);
  const fromZero = countsFromZero(last);
  for (const span of spans) {
    span.hasStart = span.startNano !== 0n || fromZero;
    span.hasEnd = span.endNano !== 0n || (fromZero && span.startNano === 0n);
    if (!span.hasStart) {
      span.startNano = span.endNano;
    }
    span.endNano = larger(span.startNano, span.endNano);
    span.duration = span.hasStart && span.hasEnd ? span.endNano - span.startNano : null;
  }
}

const larger = (a, b) => (a > b ? a : b);

/**
 * Times that a clock can have said count more than others. Of these, the few that are far from the root are left out; without a root it is
 * not known which belong together.
 */
function usualTimes(spans) {
  if (spans.length === 0) {
    return { origin: 0n, usual: { from: 0, to: 0 } };
  }
  const now = nowNanos();
  const among = likelyOf(spans, ({ startNano, endNano }) => isLikelyTime(startNano, now) && isLikelyTime(endNano, now) && isLikelyDuration(endNano - startNano));
  draw(among, earliest(among));
  const root = among.reduce((best, span) => (span.parentId === null && !(best?.startNano <= span.startNano) ? span : best), null);
  const { from, to } = usualRange(among, (span) => root === null || span === root);
  const usual = among.filter(({ start, end }) => start >= from && end <= to);
  const origin = earliest(usual);
  return { origin, usual: { from: 0, to: Number(latest(usual) - origin) } };
}

const earliest = (spans) => spans.reduce((least, { startNano }) => (startNano < least ? startNano : least), spans[0].startNano);
const latest = (spans) => spans.reduce((most, { endNano }) => (endNano > most ? endNano : most), spans[0].endNano);
