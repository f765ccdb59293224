// Importing this patches the realm: promises, timers and events are Zone.js's from here on.
import { ZoneContextManager } from "@opentelemetry/context-zone";
import { peer } from "./peer.js";

// The exporter for browsers has no compression.
export const features = { gzip: false };

export async function load() {}

export const { start, record, flush, stop } = peer(() => new ZoneContextManager());
