import { type RefObject, useEffect, useState } from "react";

const IDLE_MS = 3_000;
const SIGNS = ["pointermove", "pointerdown", "keydown", "focusin"];

/** Whether nobody has moved, touched or typed in `frame` for a while. */
export function useIdle(frame: RefObject<HTMLElement | null>): boolean {
  const [idle, setIdle] = useState(false);

  useEffect(() => {
    const element = frame.current;
    if (!element) return;
    const ending = new AbortController();
    let timer: ReturnType<typeof setTimeout>;
    const wake = () => {
      setIdle(false);
      clearTimeout(timer);
      timer = setTimeout(() => { setIdle(true); }, IDLE_MS);
    };
    for (const sign of SIGNS) element.addEventListener(sign, wake, { signal: ending.signal });
    timer = setTimeout(() => { setIdle(true); }, IDLE_MS);
    return () => {
      ending.abort();
      clearTimeout(timer);
    };
  }, [frame]);

  return idle;
}
