// Navigations: the document, and routes within it.
import { listen, quietly, redact, wrap } from "./page.js";

/** Whether only the fragment is new. */
const isHashChange = (from, to) => from.split("#")[0] == to.split("#")[0] && new URL(to).hash != "";

/** Watches; `navigated` takes an event's attributes. */
export function watchNavigation(navigated) {
  const { document, history, location, navigation } = globalThis;
  if (!document) return;
  let last = location.href;
  const tell = (url, sameDocument, type) =>
    quietly(() => {
      if (sameDocument && url == last) return;
      navigated({
        "url.full": redact(url),
        "browser.navigation.same_document": sameDocument,
        "browser.navigation.hash_change": sameDocument && isHashChange(last, url),
        "browser.navigation.type": type,
      });
      last = url;
    });
  const stops = [];
  const loaded = () => tell(document.documentURI, false);
  if (document.readyState == "loading") stops.push(listen(document, "DOMContentLoaded", loaded, { once: true }));
  else loaded();
  if (navigation?.addEventListener) {
    stops.push(
      listen(navigation, "currententrychange", (event) =>
        tell(navigation.currentEntry?.url ?? location.href, true, event.navigationType ?? "push"),
      ),
    );
  } else {
    for (const [name, type] of [["pushState", "push"], ["replaceState", "replace"]]) {
      stops.push(
        wrap(history, name, (original) => function () {
          const result = original.apply(this, arguments);
          tell(location.href, true, type);
          return result;
        }),
      );
    }
    // Also raised when the fragment changes, by a link or by the page.
    stops.push(listen(globalThis, "popstate", () => tell(location.href, true, "traverse")));
  }
  return () => stops.forEach((stop) => stop?.());
}
