import { type RefObject, useEffect, useRef, useState } from "react";
import { canChooseSpeaker } from "../sfu/devices";

export interface Attached<E extends HTMLMediaElement> {
  ref: RefObject<E | null>;
  /** The browser wants a click before it plays sound. */
  blocked: boolean;
  play: () => void;
}

/** Plays a track in the element that gets `ref`, through the chosen speaker where browsers let one choose. */
export function useConsumer<E extends HTMLMediaElement>(track: MediaStreamTrack | null, speaker?: string): Attached<E> {
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

  useEffect(() => {
    // A speaker that is gone leaves the sound where it was.
    if (speaker !== undefined && canChooseSpeaker()) ref.current?.setSinkId(speaker).catch(() => undefined);
  }, [speaker]);

  return { ref, blocked, play };
}
