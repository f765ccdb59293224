// OTLP JSON in, series of metrics with their newest points out, one row each.

import { nanos, serviceOf } from "./otlp.js";
import { typed } from "./value.js";

const KINDS = [["gauge", "gauge"], ["sum", "sum"], ["histogram", "histogram"], ["exponentialHistogram", "histogram, exponential"], ["summary", "summary"]];
const TEMPORALITY = ["", "delta", "cumulative"];

/** Rows are { service, name, description, unit, kind, attributes, value, time }, in the order of the answer. */
export function readSeries(resourceMetrics) {
  return resourceMetrics.flatMap(({ resource = {}, scopeMetrics = [] }) => {
    const service = serviceOf(resource);
    return scopeMetrics.flatMap(({ metrics = [] }) => metrics.flatMap((metric) => readMetric(metric, service)));
  });
}

function readMetric(metric, service) {
  const [member, kind] = KINDS.find(([name]) => metric[name]) ?? ["", "unknown"];
  const { dataPoints = [], aggregationTemporality, isMonotonic } = metric[member] ?? {};
  const facts = [kind, TEMPORALITY[aggregationTemporality ?? 0] ?? "", isMonotonic ? "rising" : ""];
  return dataPoints.map((point) => ({
    service,
    name: text(metric.name),
    description: text(metric.description),
    unit: text(metric.unit),
    kind: facts.filter(Boolean).join(", "),
    attributes: (point.attributes ?? []).map(({ key, value }) => `${key}=${typed(value).text}`).join(" "),
    value: pointValue(point),
    time: nanos(point.timeUnixNano) || null,
  }));
}

/** A number as it is; of many numbers how many, and what is known of them. */
function pointValue(point) {
  if (point.asInt !== undefined || point.asDouble !== undefined) {
    return String(point.asInt ?? point.asDouble);
  }
  if (point.count === undefined && point.sum === undefined) {
    return "no value";
  }
  const count = nanos(point.count);
  const sum = Number(point.sum);
  const mean = point.sum !== undefined && count > 0n ? `mean ${short(sum / Number(count))}` : "";
  const range = point.min !== undefined && point.max !== undefined ? `${short(point.min)} to ${short(point.max)}` : "";
  const quantiles = (point.quantileValues ?? []).map(({ quantile, value }) => `p${short(Number(quantile ?? 0) * 100)} ${short(value ?? 0)}`);
  return [`${count} ×`, mean, range, ...quantiles].filter(Boolean).join(", ");
}

/** Four digits or so. */
const short = (number) => String(Number(Number(number).toPrecision(4)));

/** The rows in which every word is found, whatever its case. */
export function narrowed(rows, words) {
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
  const told = ({ service, name, unit, kind, attributes }) => [service, name, unit, kind, attributes].join(" ").toLowerCase();
  return wanted.length === 0 ? rows : rows.filter((row) => wanted.every((word) => told(row).includes(word)));
}

const text = (value) => (typeof value === "string" ? value : "");
