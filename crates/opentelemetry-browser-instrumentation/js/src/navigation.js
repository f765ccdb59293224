// Navigations: the document, and routes within it.
import { listen, quietly, redact, starting, whenSeen, wrap } from "./page.js";

/** Whether only the fragment is new. */
const isHashChange = (from, to) => from.split("#")[0] == to.split("#")[0] && new URL(to).hash != "";

/** Watches; `navigated` takes an event's attributes. */
export const watchNavigation = (navigated) => starting((undo) => {
  const { document, history, location } = globalThis;
  const navigation = quietly(() => globalThis.navigation);
  if (!document) return false;
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
  const loaded = () => tell(document.documentURI, false);
  whenSeen(undo, () => {
    if (document.readyState == "loading") undo.push(listen(document, "DOMContentLoaded", loaded, { once: true }));
    else loaded();
  });
  if (navigation?.addEventListener) {
    undo.push(
      listen(navigation, "currententrychange", (event) =>
        tell(navigation.currentEntry?.url ?? location.href, true, event.navigationType ?? "push"),
      ),
    );
  } else {
    for (const [name, type] of [["pushState", "push"], ["replaceState", "replace"]]) {
      undo.push(
        wrap(history, name, (original) => function () {
          const result = original.apply(this, arguments);
          tell(location.href, true, type);
          return result;
        }),
      );
    }
    // Also raised when the fragment changes, by a link or by the page.
    undo.push(listen(globalThis, "popstate", () => tell(location.href, true, "traverse")));
  }
});
