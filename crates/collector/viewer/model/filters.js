// The query of the list's URL in, its filters as texts out, { service, operation, tags, … }; and back. Names that are not of the
// list are ignored.

import { parseTags, tagsFromUrl } from "./tags.js";

/** How many traces are listed when nothing is said, and at most: each is a row of the page. */
export const LIMIT = 200;
export const MOST = 1500;

export const SORTS = ["newest", "longest", "spans", "errors"];

const NONE = {
  service: "", operation: "", tags: "", minDuration: "", maxDuration: "", lookback: "", start: "", end: "",
  limit: String(LIMIT), sort: SORTS[0],
};

/** The filters that a URL's query says. */
export function readFilters(search) {
  const filters = readQuery(search, NONE);
  filters.limit = atMost(filters.limit);
  filters.lookback = filters.start || filters.end ? "" : filters.lookback.replace(/^custom$/, "");
  filters.sort = SORTS.includes(filters.sort) ? filters.sort : NONE.sort;
  return filters;
}

/** The query for the URL of these filters: nothing that goes without saying. Tags that are none throw. */
export const writeFilters = (filters) => writeQuery(filters, NONE);

/** The query for /api/list. */
export function apiQuery(filters) {
  const query = new URLSearchParams(writeFilters({ ...filters, sort: NONE.sort }));
  query.set("limit", filters.limit);
  return query.toString();
}

const MICROS = 1_000n;
const LOOKBACK = /^(\d{1,6})([smhdw])$/;
const SECONDS = { s: 1n, m: 60n, h: 3_600n, d: 86_400n, w: 604_800n };

/** The time that is searched, { from, to } in nanoseconds as BigInt; each is null if nothing says it. `now` is that in nanoseconds. */
export function searchedTime({ start, end, lookback }, now) {
  const at = (text) => (/^\d+$/.test(text) ? BigInt(text) * MICROS : null);
  const [, number, unit] = LOOKBACK.exec(lookback) ?? [];
  if (number !== undefined) {
    return { from: now - BigInt(number) * SECONDS[unit] * 1_000_000_000n, to: now };
  }
  const from = at(start);
  return { from, to: at(end) ?? (from === null ? null : now) };
}

/** Whether anything narrows the list. */
export function isNarrowed(filters) {
  return Object.keys(NONE).some((name) => name !== "sort" && name !== "limit" && filters[name] !== NONE[name]);
}

/** The same filters with none that narrows. */
export function withoutFilters(filters) {
  return { ...NONE, limit: filters.limit, sort: filters.sort };
}

/** Which field the collector's message is about, "" if none: it names the parameter in quotes. `none` has the names of all fields. */
export function fieldOf(message, none = NONE) {
  const named = [...message.matchAll(/'(\w+)'/g)].map(([, name]) => (name === "tag" ? "tags" : name));
  return named.find((name) => Object.hasOwn(none, name)) ?? (/\btags\b/.test(message) ? "tags" : "");
}

/** The filters of a page that a URL's query says; `none` has all their names, each with what goes without saying. */
export function readQuery(search, none) {
  const query = new URLSearchParams(search);
  const filters = Object.fromEntries(Object.keys(none).map((name) => [name, query.get(name) || none[name]]));
  return { ...filters, tags: tagsFromUrl(filters.tags) };
}

/** The query for a URL: nothing that goes without saying. Tags that are none throw. */
export function writeQuery(filters, none) {
  const query = new URLSearchParams();
  for (const name of Object.keys(none)) {
    const value = name === "tags" ? tagsAsJson(filters.tags) : filters[name];
    if (value !== none[name]) {
      query.set(name, value);
    }
  }
  return query.toString();
}

function tagsAsJson(text) {
  const tags = parseTags(text);
  return Object.keys(tags).length > 0 ? JSON.stringify(tags) : "";
}

// What is no number is left as it is: the collector says what it should be.
function atMost(limit) {
  return /^\d+$/.test(limit) && Number(limit) > MOST ? String(MOST) : limit;
}
