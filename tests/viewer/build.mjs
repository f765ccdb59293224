// Traces for the tests: few words in, spans as readTrace gives them out.

import { groupBy } from "../../crates/collector/viewer/model/group-by.js";
import { readTrace } from "../../crates/collector/viewer/model/otlp.js";
import { buildTree } from "../../crates/collector/viewer/model/tree.js";

const hex = (number, digits) => number.toString(16).padStart(digits, "0");

/** Spans are [id, parent or 0, start, end, what else of OTLP]; a member `service` in the last is the service's name. */
export function trace(...spans) {
  const read = spans.map(([id, parent, start, end, { service = "web", ...more } = {}]) => ({
    service,
    raw: {
      traceId: hex(1, 32),
      spanId: hex(id, 16),
      ...(parent === 0 ? {} : { parentSpanId: hex(parent, 16) }),
      name: `s${id}`,
      kind: 1,
      startTimeUnixNano: String(start),
      endTimeUnixNano: String(end),
      ...more,
    },
  }));
  const services = groupBy(read, ({ service }) => service, ({ raw }) => raw);
  const resource = (name) => ({ attributes: [{ key: "service.name", value: { stringValue: name } }] });
  return readTrace([...services].map(([name, list]) => ({ resource: resource(name), scopeSpans: [{ scope: { name: "lib" }, spans: list }] })));
}

export const tree = (...spans) => buildTree(trace(...spans).spans);

/** The number that a span's id was made of. */
export const number = ({ span }) => parseInt(span.id, 16);

export const failed = { status: { code: 2, message: "boom" } };
