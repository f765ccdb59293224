// Puts the page's fixed texts into another language: elements with `data-text` have a text of that key, and those with `data-texts`
// attributes, as `attribute:key;…`. What stands in index.html is English, and is put back from there.

const originals = new Map();

/** Shows these texts; those of the document itself, if there are none. */
export function translate(document, texts) {
  for (const element of document.querySelectorAll("[data-text]")) {
    const original = once(element, "", () => [...element.childNodes]);
    element.replaceChildren(...(texts ? marked(document, texts[element.dataset.text]) : original));
  }
  for (const element of document.querySelectorAll("[data-texts]")) {
    for (const [attribute, key] of attributeTexts(element.dataset.texts)) {
      const original = once(element, attribute, () => element.getAttribute(attribute));
      element.setAttribute(attribute, texts ? texts[key] : original);
    }
  }
}

export const attributeTexts = (list) => list.split(";").map((pair) => pair.split(":"));

/** A text with **bold** and `code` in it, as its parts: [element or none, text]. */
export function parts(text) {
  const found = [...text.matchAll(/\*\*(.+?)\*\*|`(.+?)`|[^*`]+/g)];
  return found.map(([all, bold, code]) => (bold ? ["b", bold] : code ? ["code", code] : [null, all]));
}

function marked(document, text) {
  return parts(text).map(([name, content]) => {
    if (!name) {
      return content;
    }
    const element = document.createElement(name);
    element.textContent = content;
    return element;
  });
}

function once(element, name, read) {
  const known = originals.get(element) ?? {};
  known[name] ??= read();
  originals.set(element, known);
  return known[name];
}
