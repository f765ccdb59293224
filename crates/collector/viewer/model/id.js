// Ids of traces and spans: text in, the id in lower case with all its digits or null out. Only such an id becomes part of a path.

export const traceId = (text) => hex(text, 32);
export const spanId = (text) => hex(text, 16);

function hex(text, digits) {
  const id = String(text ?? "").trim().toLowerCase();
  return /^[0-9a-f]+$/.test(id) && id.length <= digits && !/^0+$/.test(id) ? id.padStart(digits, "0") : null;
}
