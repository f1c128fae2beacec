import { type RefObject, useEffect, useState } from "react";

/** How high an element is, in pixels. */
export function useHeight(ref: RefObject<HTMLElement | null>): number {
  const [height, setHeight] = useState(0);
  useEffect(() => {
    const element = ref.current;
    if (!element) return;
    const observer = new ResizeObserver(() => { setHeight(element.clientHeight); });
    observer.observe(element);
    return () => { observer.disconnect(); };
  }, [ref]);
  return height;
}
