/** How large the pictures of a grid can be. */

export interface Room {
  width: number;
  height: number;
}

const RATIO = 16 / 9;

/** Narrower than this nobody recognises anybody: then the grid is scrolled. */
const NARROWEST = 150;

/** The widest tile with which `count` tiles of 16:9 fit, in whole pixels. */
export function tileWidth(count: number, { width, height }: Room, gap: number): number {
  let best = 0;
  for (let columns = 1; columns <= count; columns += 1) {
    const rows = Math.ceil(count / columns);
    const byWidth = (width - gap * (columns - 1)) / columns;
    const byHeight = ((height - gap * (rows - 1)) / rows) * RATIO;
    best = Math.max(best, Math.min(byWidth, byHeight));
  }
  return Math.floor(Math.min(width, Math.max(best, NARROWEST)));
}
