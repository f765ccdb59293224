// Many numbers in; out the range that an axis is to show, without the few that would leave it no room for the others.

/** So many times as large as the rest is too large: the rest would have less than a hundredth of the axis. */
const TOO_LARGE = 100;
/** One in so many may be left out, and one in any case. */
const ONE_IN = 20;

/** { from, to } around all { start, end } but the few that lie far from the middle. What `keep` says true to is not far. */
export function usualRange(intervals, keep) {
  const all = intervals.reduce(widen, nothing());
  const starts = numbers(intervals, ({ start }) => start).sort();
  const least = starts.at(-1 - few(intervals)) - starts[few(intervals)];
  if (least * TOO_LARGE > all.to - all.from) {
    // Whichever few are left out, the rest has more room than it needs.
    return all;
  }
  const middle = starts[starts.length >> 1];
  const distance = (each) => (keep(each) ? 0 : Math.max(each.start - middle, middle - each.end, 0));
  const limit = numbers(intervals, distance).sort().at(-1 - few(intervals));
  const farther = intervals.filter((each) => distance(each) > limit).sort((a, b) => distance(a) - distance(b));
  // What is left without any of those that may be left out, with the nearest of them, with the two nearest, and so on.
  const rests = [intervals.filter((each) => distance(each) <= limit).reduce(widen, nothing())];
  farther.forEach((each) => rests.push(widen({ ...rests.at(-1) }, each)));
  rests.reverse();
  return rests[withoutFew(rests.map(({ from, to }) => to - from))];
}

const nothing = () => ({ from: Infinity, to: -Infinity });

/** Fast, where there are many. */
function numbers(list, of) {
  const all = new Float64Array(list.length);
  list.forEach((each, at) => (all[at] = of(each)));
  return all;
}

function widen(range, { start, end }) {
  range.from = Math.min(range.from, start);
  range.to = Math.max(range.to, end);
  return range;
}

/** The largest of these sizes but for the few that are too large; 0 for none. */
export function usualMost(sizes) {
  const sorted = Float64Array.from(sizes).sort().reverse();
  return sorted[withoutFew(sorted.subarray(0, few(sizes) + 1))] ?? 0;
}

const few = ({ length }) => Math.min(Math.max(1, Math.floor(length / ONE_IN)), length - 1);

/** Of sizes, the largest first, the place of the first that is not left out. */
function withoutFew(sizes) {
  let first = 0;
  for (let next = 1; next < sizes.length; next += 1) {
    // Where nothing is left but zeros, there is nothing that needs the room.
    if (sizes[next] > 0 && sizes[next] * TOO_LARGE <= sizes[first]) {
      first = next;
    }
  }
  return first;
}
