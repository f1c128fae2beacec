import { useEffect, useState } from "react";
import { watchLoudness } from "../sfu/loudness";

/** How loud a track of the user's own is, from 0 to 1; 0 without one. */
export function useLoudness(track: MediaStreamTrack | null): number {
  const [heard, setHeard] = useState({ track, loudness: 0 });

  useEffect(() => {
    if (!track) return;
    return watchLoudness(track, (loudness) => { setHeard({ track, loudness }); });
  }, [track]);

  return heard.track === track ? heard.loudness : 0;
}
