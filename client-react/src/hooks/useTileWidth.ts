import { type RefObject, useLayoutEffect, useState } from "react";
import { tileWidth } from "../app/layout";

/** The width of `count` tiles that fill the element with `ref`, kept right when it changes its size. */
export function useTileWidth(ref: RefObject<HTMLElement | null>, count: number, gap: number): number {
  const [room, setRoom] = useState({ width: 0, height: 0 });

  useLayoutEffect(() => {
    const element = ref.current;
    if (!element) return;
    const measure = new ResizeObserver(([entry]) => {
      if (entry) setRoom({ width: entry.contentRect.width, height: entry.contentRect.height });
    });
    measure.observe(element);
    return () => { measure.disconnect(); };
  }, [ref]);

  return tileWidth(count, room, gap);
}
