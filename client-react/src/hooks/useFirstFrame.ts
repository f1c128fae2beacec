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
    const request = video.requestVideoFrameCallback((now) => {
      setFirst({ track, ms: Math.max(0, Math.round(now - from)) });
    });
    return () => { video.cancelVideoFrameCallback(request); };
  }, [ref, track]);

  return first !== null && first.track === track ? first.ms : null;
}
