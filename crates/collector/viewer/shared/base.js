// Where the viewer is: paths of pages out. `base` is "" on the viewer's port and "/viewer" on the page's.

export const base = document.body.dataset.base ?? "";

export const listPath = () => base || "/";

/** `id` must have been found to be an id: see model/id.js. */
export const tracePath = (id, spanId) => `${base}/trace/${id}${spanId ? `#span=${spanId}` : ""}`;

export const comparePath = (a, b) => {
  const query = new URLSearchParams(Object.entries({ a, b }).filter(([, id]) => id));
  return `${base}/compare${query.size > 0 ? `?${query}` : ""}`;
};

export const mapPath = () => `${base}/map`;

/** `filters` are an object, or a query that is written already. */
export const logsPath = (filters = "") => {
  const query = typeof filters === "string" ? filters : new URLSearchParams(filters).toString();
  return `${base}/logs${query ? `?${query}` : ""}`;
};

export const seriesPath = () => `${base}/series`;
