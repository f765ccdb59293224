// Shares of a track from 0 to 1 in, CSS for marks in it out: whatever is there is seen, at both ends too.

const percent = (share) => `${(share * 100).toFixed(3)}%`;

/** From start to end, but at least so many pixels wide, and all of it within the track. */
export const stretch = (start, end, least) => ({
  left: `min(${percent(start)}, 100% - ${least}px)`,
  width: `max(${percent(end - start)}, ${least}px)`,
});

/** A mark of so many pixels in the middle of which is the place. */
export const point = (place, size) => ({ left: `clamp(0px, ${percent(place)} - ${size / 2}px, 100% - ${size}px)`, width: `${size}px` });
