// The collector's query API: paths in, answers out, or an ApiError that says what is wrong and what to do.

import { base } from "./base.js";

/** `kind` is "gone" (nobody answers), "missing" (404), "refused" (another error of the API) or "broken" (no answer of the API). */
export class ApiError extends Error {
  constructor(kind, title, advice, status = 0) {
    super(title);
    Object.assign(this, { kind, advice, status });
  }
}

/** `path` begins with /api. */
export const getJson = (path, { signal } = {}) => ask(path, { signal });

/** The spans of a trace, { resourceSpans } as OTLP JSON has them, and an `error` in words if they are not all. */
export async function fetchTrace(id, options) {
  const answer = await getJson(`/api/v3/traces/${id}`, options);
  if (!Array.isArray(answer?.result?.resourceSpans)) {
    throw broken("without result.resourceSpans");
  }
  const error = answer.error ? `Not all of this trace is here: ${reason(answer) ?? "its answer broke off"}` : null;
  return { resourceSpans: answer.result.resourceSpans, error };
}

async function ask(path, options) {
  let response;
  let text;
  try {
    response = await fetch(base + path, options);
    text = await response.text();
  } catch (error) {
    if (error.name === "AbortError") {
      throw error;
    }
    throw new ApiError("gone", "The collector does not answer.", "Has it ended? Start it again, then reload this page.");
  }
  let answer;
  try {
    answer = JSON.parse(text);
  } catch {
    throw broken(`that is no JSON (status ${response.status})`);
  }
  if (!response.ok) {
    const kind = response.status === 404 ? "missing" : "refused";
    throw new ApiError(kind, reason(answer) ?? `The collector answered ${response.status}.`, "", response.status);
  }
  return answer;
}

const broken = (what) =>
  new ApiError("broken", `An answer came ${what}.`, "Is this page from the same collector that answers? Reload it without the cache.");

/** Jaeger's v1 and v3 and OTLP/HTTP each word errors in their own way. */
function reason(answer) {
  const text = answer?.errors?.[0]?.msg ?? answer?.error?.message ?? answer?.message;
  return typeof text === "string" && text !== "" ? text : null;
}
