// A list in, its elements in groups out. Map.groupBy is younger than the browsers that are supported.

/** key -> what `valueOf` gives of its elements, both in the order in which they come. */
export function groupBy(list, keyOf, valueOf = (element) => element) {
  const groups = new Map();
  for (const element of list) {
    const key = keyOf(element);
    const group = groups.get(key);
    if (group) {
      group.push(valueOf(element));
    } else {
      groups.set(key, [valueOf(element)]);
    }
  }
  return groups;
}
