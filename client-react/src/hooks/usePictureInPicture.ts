import { type RefObject, useEffect, useState } from "react";

/** A small window above all others. `toggle` is `null` where the browser has none, or a button of its own for it. */
export function usePictureInPicture(ref: RefObject<HTMLVideoElement | null>): { small: boolean; toggle: (() => void) | null } {
  const [small, setSmall] = useState(false);

  useEffect(() => {
    const video = ref.current;
    if (!video) return;
    const ending = new AbortController();
    const { signal } = ending;
    video.addEventListener("enterpictureinpicture", () => { setSmall(true); }, { signal });
    video.addEventListener("leavepictureinpicture", () => { setSmall(false); }, { signal });
    return () => { ending.abort(); };
  }, [ref]);

  const toggle = () => {
    const done = small ? document.exitPictureInPicture() : ref.current?.requestPictureInPicture();
    done?.catch(() => undefined);
  };
  // Not every browser has this, whatever the types say.
  return { small, toggle: (document as { pictureInPictureEnabled?: boolean }).pictureInPictureEnabled ? toggle : null };
}
