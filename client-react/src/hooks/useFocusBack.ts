import { type RefObject, useLayoutEffect } from "react";

/** When what has `ref` goes away with the focus in it, who had the focus before gets it, or else the page's heading. */
export function useFocusBack(ref: RefObject<HTMLElement | null>): void {
  useLayoutEffect(() => {
    const element = ref.current;
    const before = document.activeElement;
    return () => {
      if (!element?.contains(document.activeElement)) return;
      const there = before instanceof HTMLElement && before.isConnected && before !== document.body && !element.contains(before);
      (there ? before : document.querySelector<HTMLElement>("h1[tabindex]"))?.focus();
    };
  }, [ref]);
}
