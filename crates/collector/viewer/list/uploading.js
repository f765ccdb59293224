// Files in; out what became of each: { name, spans, rejected, message, traceIds } or { name, error }.

import { readFile } from "../model/otlp-files.js";
import { bodies } from "../model/upload-batches.js";

/** The largest file that is read: its text must have room in the page. */
const LARGEST_FILE = 256 * 1024 * 1024;
const ATTEMPTS = 5;

/** Uploads files one after the other; `onResult` is told of each. */
export async function uploadFiles(files, endpoint, onResult) {
  for (const file of files) {
    onResult(await uploadFile(file, endpoint));
  }
}

async function uploadFile(file, endpoint) {
  const result = { name: file.name, spans: 0, rejected: 0, message: "", traceIds: [] };
  try {
    const { resources, spans, traceIds } = readFile(await textOf(file));
    for (const body of bodies(resources)) {
      const { rejected, message } = await post(endpoint, body);
      result.rejected += rejected;
      result.message ||= message;
    }
    return { ...result, spans: spans - result.rejected, traceIds: [...traceIds] };
  } catch (error) {
    return { name: file.name, error: error.message };
  }
}

async function textOf(file) {
  if (file.size > LARGEST_FILE) {
    throw new Error(`it is larger than ${LARGEST_FILE / 1024 / 1024} MiB; split it, one document per file`);
  }
  try {
    return await file.text();
  } catch {
    throw new Error("it cannot be read; is it a folder, or gone?");
  }
}

// Whoever finds the collector busy is told to come again.
async function post(endpoint, body) {
  for (let attempt = 1; ; attempt += 1) {
    const response = await send(endpoint, body);
    const answer = await response.json().catch(() => ({}));
    if (response.ok) {
      const { rejectedSpans = "0", errorMessage = "" } = answer.partialSuccess ?? {};
      return { rejected: Number(rejectedSpans), message: errorMessage };
    }
    if (![429, 503].includes(response.status) || attempt === ATTEMPTS) {
      throw new Error(answer.message ?? `the collector answered with status ${response.status}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 1000 * Number(response.headers.get("retry-after") ?? 1)));
  }
}

async function send(endpoint, body) {
  try {
    return await fetch(endpoint, { method: "POST", headers: { "content-type": "application/json" }, body });
  } catch {
    throw new Error("the collector does not answer; is it still running?");
  }
}
