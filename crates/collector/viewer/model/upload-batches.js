// Texts of elements of resourceSpans in, the bodies of requests out, each below what the collector takes at once.

/** The collector takes 64 MiB. */
export const LARGEST = 64 * 1024 * 1024;

/** Bodies for /v1/traces, in order. One element that is too large alone is an Error. */
export function* bodies(resources, largest = LARGEST) {
  let batch = [];
  let size = 0;
  for (const resource of resources) {
    const more = byteLength(resource) + 1;
    if (more + FRAME > largest) {
      throw new Error(`one resource's spans are ${mebibytes(more)} MiB, more than the ${mebibytes(largest)} MiB that are taken at once`);
    }
    if (size + more + FRAME > largest) {
      yield body(batch);
      batch = [];
      size = 0;
    }
    batch.push(resource);
    size += more;
  }
  if (batch.length > 0) {
    yield body(batch);
  }
}

/** One document of all of them: a file to keep. */
export function body(resources) {
  return `{"resourceSpans":[${resources.join(",")}]}`;
}

const FRAME = body([]).length;

function byteLength(text) {
  // No text has fewer bytes than characters, and few are near the limit: encoding is for those.
  return text.length * 3 < LARGEST / 64 ? text.length * 3 : new TextEncoder().encode(text).length;
}

function mebibytes(bytes) {
  return Math.ceil(bytes / 1024 / 1024);
}
