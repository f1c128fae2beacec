import { type RefObject, useEffect, useState } from "react";

/**
 * Milliseconds from attaching a track to its first picture on the screen; `null` before it.
 * Until then a tile shows initials instead of a black rectangle.
 */
export function useFirstFrame(
  ref: RefObject<HTMLVideoElement | null>,
  track: MediaStreamTrack | null,
): number | null {
  const [first, setFirst] = useState<{ track: MediaStreamTrack; ms: number } | null>(null);

  useEffect(() => {
    const video = ref.current;
    if (!video || !track) return;
    const from = performance.now();
    return whenSeen(video, (now) => { setFirst({ track, ms: Math.max(0, Math.round(now - from)) }); });
  }, [ref, track]);

  return first !== null && first.track === track ? first.ms : null;
}

/** Older browsers tell no frames apart, but when there is a first one. Gives what ends the waiting. */
function whenSeen(video: HTMLVideoElement, seen: (now: number) => void): () => void {
  if ((video as Partial<HTMLVideoElement>).requestVideoFrameCallback) {
    const request = video.requestVideoFrameCallback(seen);
    return () => { video.cancelVideoFrameCallback(request); };
  }
  const loaded = () => { seen(performance.now()); };
  video.addEventListener("loadeddata", loaded, { once: true });
  return () => { video.removeEventListener("loadeddata", loaded); };
}
