// What navigation timing and resource timing have in common.
import { quietly } from "./page.js";

const FIELDS = {
  fetch_start: "fetchStart",
  domain_lookup_start: "domainLookupStart",
  domain_lookup_end: "domainLookupEnd",
  connect_start: "connectStart",
  connect_end: "connectEnd",
  secure_connection_start: "secureConnectionStart",
  request_start: "requestStart",
  response_start: "responseStart",
  response_end: "responseEnd",
  transfer_size: "transferSize",
  encoded_body_size: "encodedBodySize",
  decoded_body_size: "decodedBodySize",
  duration: "duration",
};

/** The fields of an entry as attributes below a prefix; those that the engine lacks are left out. */
export const fields = (entry, names = FIELDS, prefix = "browser.resource_timing.") =>
  Object.fromEntries(Object.entries(names).map(([name, field]) => [prefix + name, entry[field]]));

/** Whether the browser times what is of this type. */
export const isTimed = (type) => quietly(() => PerformanceObserver.supportedEntryTypes.includes(type)) ?? false;
