// Ids of traces in, one file of OTLP JSON with them out.

import { ApiError } from "../shared/api.js";
import { base } from "../shared/base.js";
import { download } from "../shared/download.js";

const AT_ONCE = 4;

/**
 * Fetches the traces and saves them in one file. Gives how many are in it, and how many are not there any more.
 * The text of each is kept as it came: read as numbers, some would be rounded.
 */
export async function downloadTraces(ids) {
  const found = new Array(ids.length).fill(null);
  let next = 0;
  async function worker() {
    while (next < ids.length) {
      const at = next;
      next += 1;
      found[at] = await resourceSpans(ids[at]);
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  const there = found.filter((one) => one !== null);
  if (there.length > 0) {
    const parts = there.flatMap((one, at) => (at > 0 ? [",", one] : [one]));
    download(['{"resourceSpans":[', ...parts, "]}"], `traces-${new Date().toISOString().slice(0, 19).replaceAll(":", "-")}.json`);
  }
  return { saved: there.length, gone: ids.length - there.length };
}

/** What stands in the brackets of a trace's resourceSpans. */
const RESOURCE_SPANS = /^\s*\{\s*"result"\s*:\s*\{\s*"resourceSpans"\s*:\s*\[([^]*)\]\s*\}\s*\}\s*$/;

async function resourceSpans(id) {
  const response = await fetch(`${base}/api/v3/traces/${id}`).catch(() => {
    throw new ApiError("gone", "The collector does not answer.", "Has it ended? Start it again.");
  });
  if (response.status === 404) {
    return null;
  }
  const inside = response.ok ? RESOURCE_SPANS.exec(await response.text())?.[1] : undefined;
  if (inside === undefined) {
    // An answer that broke off has an error beside its spans.
    const words = response.ok ? `Not all of trace ${id} could be fetched.` : `The collector answered ${response.status} for trace ${id}.`;
    throw new ApiError("refused", words, "", response.status);
  }
  return inside;
}
