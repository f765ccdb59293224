// A trace's services in, each with its colour and its number of spans, out.

import { dot } from "../shared/colours.js";
import { h } from "../shared/dom.js";
import { count, grouped } from "../shared/format.js";
import { name } from "../shared/text.js";

/** How many are named. */
const NAMED = 4;

export function serviceTags({ services, serviceCount }, colours) {
  const named = services.slice(0, NAMED);
  const tags = named.map((service) => {
    const spans = h("span", { class: "soft", title: count(service.spans, "span") }, grouped(service.spans));
    return h("span", { class: "service-tag" }, dot(colours(service.name)), name(service.name), spans);
  });
  const more = serviceCount - named.length;
  return more > 0 ? [...tags, h("span", { class: "soft" }, `and ${grouped(more)} more`)] : tags;
}
