import { type RefObject, useEffect, useState } from "react";

export interface Playback {
  paused: boolean;
  muted: boolean;
  volume: number;
  /** The browser plays no sound before somebody touches the page. */
  silenced: boolean;
  /** A picture has been there. */
  hasPicture: boolean;
  togglePlaying: () => void;
  toggleMuted: () => void;
  setVolume: (volume: number) => void;
}

const refused = (error: unknown): boolean => error instanceof DOMException && error.name === "NotAllowedError";

/** Plays a stream in a video element, with sound if the browser lets it and without if not. */
export function usePlayback(ref: RefObject<HTMLVideoElement | null>, stream: MediaStream | null): Playback {
  const [shown, setShown] = useState({ paused: true, muted: false, volume: 1, hasPicture: false });
  const [silenced, setSilenced] = useState(false);

  useEffect(() => {
    const video = ref.current;
    if (!video) return;
    const ending = new AbortController();
    const look = () => {
      const { paused, muted, volume, videoWidth } = video;
      setShown((before) => ({ paused, muted, volume, hasPicture: before.hasPicture || videoWidth > 0 }));
      if (!muted) setSilenced(false);
    };
    for (const event of ["play", "pause", "volumechange", "loadeddata", "resize"]) {
      video.addEventListener(event, look, { signal: ending.signal });
    }
    return () => { ending.abort(); };
  }, [ref]);

  useEffect(() => {
    const video = ref.current;
    if (!video || !stream) return;
    // Who paused before a connection was lost did not ask for the next one to play.
    const stays = video.srcObject !== null && video.paused;
    video.srcObject = stream;
    if (stays) return;
    video.play().catch((error: unknown) => {
      if (!refused(error)) return;
      video.muted = true;
      setSilenced(true);
      // Refused even so (a browser that saves data): the play button is there.
      video.play().catch(() => undefined);
    });
  }, [ref, stream]);

  const togglePlaying = () => {
    const video = ref.current;
    if (video?.paused) video.play().catch(() => undefined);
    else video?.pause();
  };
  const toggleMuted = () => {
    const video = ref.current;
    if (!video) return;
    video.muted = !video.muted;
    if (!video.muted && video.volume === 0) video.volume = 1;
  };
  const setVolume = (volume: number) => {
    const video = ref.current;
    if (!video) return;
    video.volume = volume;
    video.muted = volume === 0;
  };
  return { ...shown, silenced, togglePlaying, toggleMuted, setVolume };
}
