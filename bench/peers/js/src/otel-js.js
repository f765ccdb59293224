import { StackContextManager } from "@opentelemetry/sdk-trace-web";
import { peer } from "./peer.js";

// The exporter for browsers has no compression.
export const features = { gzip: false };

export async function load() {}

export const { start, record, flush, stop } = peer(() => new StackContextManager());
