// The query of the URL of the logs in, its filters as texts out, { service, severity, text, … }; and back. Names that are not of the
// page are ignored.

import { fieldOf, readQuery, writeQuery } from "./filters.js";

/** How many records are shown at most. */
export const SHOWN = 500;

const NONE = { service: "", severity: "", text: "", event: "", tags: "", traceId: "", spanId: "", lookback: "" };

/** The filters that a URL's query says. */
export const readLogFilters = (search) => readQuery(search, NONE);

/** The query for the URL of these filters: nothing that goes without saying. Tags that are none throw. */
export const writeLogFilters = (filters) => writeQuery(filters, NONE);

/** The query for /api/logs; `since` is the version of what is there, "0" if nothing is. */
export function logsQuery(filters, since) {
  const query = new URLSearchParams(writeLogFilters(filters));
  query.set("limit", String(SHOWN));
  query.set("since", since);
  return query.toString();
}

export const isNarrowed = (filters) => Object.keys(NONE).some((name) => filters[name] !== NONE[name]);

export const noFilters = () => ({ ...NONE });

export const logFieldOf = (message) => fieldOf(message, NONE);
