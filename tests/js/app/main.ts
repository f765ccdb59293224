// An app as others write it: both packages by their names, started with the receiver that the address names.

import load, { type TracedUser, flush, getUser, init } from "inprocess";
import loadLibrary, { type Span, flush as flushLibrary, inSpan, start } from "opentelemetry-browser-js";

const endpoint = new URL(location.href).searchParams.get("endpoint") ?? "http://localhost:4318";
await Promise.all([load(), loadLibrary()]);
init({ endpoint, spool: false });
start({ endpoint, serviceName: "shop", spool: false });

/** A click's work, the trace of which stands on the button when it was delivered. */
function onClick(id: string, work: () => Promise<string>): void {
  const button = document.getElementById(id) as HTMLButtonElement;
  button.addEventListener("click", async () => {
    button.dataset.trace = await work();
  });
}

onClick("lookup", async () => {
  const answer: TracedUser = getUser(100);
  await flush();
  return answer.traceId;
});
onClick("checkout", async () => {
  const traceId = await inSpan("check out", async (_context, span: Span) => span.spanContext().traceId);
  await flushLibrary();
  return traceId;
});
document.documentElement.dataset.ready = "true";
