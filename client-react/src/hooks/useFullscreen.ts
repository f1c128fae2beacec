import { type RefObject, useSyncExternalStore } from "react";

declare global {
  interface HTMLVideoElement {
    /** Some phones show nothing but a video in full. */
    webkitEnterFullscreen?: () => void;
  }
}

const subscribe = (listener: () => void) => {
  document.addEventListener("fullscreenchange", listener);
  return () => { document.removeEventListener("fullscreenchange", listener); };
};

const isFull = () => document.fullscreenElement !== null;

/** Shows `frame` in full; its video alone where a browser knows no more. `toggle` is `null` where there is no way. */
export function useFullscreen(
  frame: RefObject<HTMLElement | null>,
  video: RefObject<HTMLVideoElement | null>,
): { full: boolean; toggle: (() => void) | null } {
  const full = useSyncExternalStore(subscribe, isFull);
  const able = document.fullscreenEnabled || "webkitEnterFullscreen" in HTMLVideoElement.prototype;
  const toggle = () => {
    if (isFull()) document.exitFullscreen().catch(() => undefined);
    else if (document.fullscreenEnabled) frame.current?.requestFullscreen().catch(() => undefined);
    else video.current?.webkitEnterFullscreen?.();
  };
  return { full, toggle: able ? toggle : null };
}
