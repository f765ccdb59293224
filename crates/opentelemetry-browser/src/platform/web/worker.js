// Makes requests for the page that has started it. In: [number, url, headers, body, limit in ms, whether to compress], or [number] to
// give that one up. Out: [number, status, Retry-After, body], or [number, null, the error].
const LONGEST = 4 * 1024 * 1024;
const running = new Map();

async function text(response) {
  const [reader, decoder] = [response.body?.getReader(), new TextDecoder()];
  let [words, length] = ["", 0];
  while (reader && length < LONGEST) {
    const { done, value } = await reader.read();
    if (done) break;
    const part = value.subarray(0, LONGEST - length);
    words += decoder.decode(part, { stream: true });
    length += part.length;
  }
  if (length >= LONGEST) reader.cancel().catch(() => {});
  return words + decoder.decode();
}

async function send(url, headers, body, limit, compress, signal) {
  const begun = performance.now();
  if (compress && self.CompressionStream) {
    body = await new Response(new Blob([body]).stream().pipeThrough(new CompressionStream("gzip"))).arrayBuffer();
    headers["content-encoding"] = "gzip";
  }
  const response = await fetch(url, { method: "POST", headers, body, credentials: "omit", redirect: "manual", signal });
  // The status decides, also if the body breaks off or does not end: see fetch.rs.
  const patience = Math.min(2000, (limit - (performance.now() - begun)) / 2);
  const late = new Promise((resolve) => setTimeout(resolve, patience, ""));
  const words = await Promise.race([text(response), late]).catch(() => "");
  return [response.status, response.headers.get("retry-after"), words];
}

onmessage = async ({ data: [number, url, headers, body, limit, compress] }) => {
  if (url === undefined) return running.get(number)?.abort();
  const abort = new AbortController();
  // A worker that did not run when the time was up (frozen, asleep) has a second for what has come in meanwhile: see timer.rs.
  const late = performance.now() + limit + 500;
  let timer = setTimeout(() => {
    if (performance.now() <= late) abort.abort();
    else timer = setTimeout(() => abort.abort(), 1000);
  }, limit);
  running.set(number, abort);
  const answer = await send(url, headers, body, limit, compress, abort.signal).catch((error) => [null, { name: error?.name, message: error?.message }]);
  running.delete(number);
  clearTimeout(timer);
  abort.abort();
  postMessage([number, ...answer]);
};
