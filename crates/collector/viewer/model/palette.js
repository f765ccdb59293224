// Names of services in, the number of a colour for each out: the same name has the same number on every page, unless two of one
// page would share it.

/** As many as tokens.css has: --service-0 and on. */
export const COLOURS = 16;

export function assign(names) {
  const taken = new Set();
  const colours = new Map();
  for (const name of [...new Set(names)].sort()) {
    let number = hash(name) % COLOURS;
    for (let step = 0; taken.size < COLOURS && taken.has(number) && step < COLOURS; step += 1) {
      number = (number + 1) % COLOURS;
    }
    taken.add(number);
    colours.set(name, number);
  }
  return colours;
}

/** FNV-1a over UTF-16 units. */
function hash(text) {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    value = Math.imul(value ^ text.charCodeAt(index), 0x01000193) >>> 0;
  }
  return (value ^ (value >>> 15)) >>> 0;
}
