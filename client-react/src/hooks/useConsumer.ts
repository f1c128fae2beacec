import { type RefObject, useEffect, useRef, useState } from "react";

export interface Attached<E extends HTMLMediaElement> {
  ref: RefObject<E | null>;
  /** The browser wants a click before it plays sound. */
  blocked: boolean;
  play: () => void;
}

/** Plays a track in the element that gets `ref`. */
export function useConsumer<E extends HTMLMediaElement>(track: MediaStreamTrack | null): Attached<E> {
  const ref = useRef<E>(null);
  const [blocked, setBlocked] = useState(false);

  const play = () => {
    ref.current?.play().then(
      () => { setBlocked(false); },
      (error: unknown) => { setBlocked(error instanceof DOMException && error.name === "NotAllowedError"); },
    );
  };

  useEffect(() => {
    const element = ref.current;
    if (!element) return;
    element.srcObject = track && new MediaStream([track]);
    if (track) play();
    return () => {
      element.srcObject = null;
    };
  }, [track]);

  return { ref, blocked, play };
}
