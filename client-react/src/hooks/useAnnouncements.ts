import { useEffect, useState } from "react";
import { announcements } from "../app/announcements";
import { useSession } from "./useSession";

export interface Announcement {
  id: number;
  text: string;
}

/** How long a sentence stays on the screen. */
const SHOWN_MS = 5_000;

let last = 0;

/** What happened in the room within the last seconds. */
export function useAnnouncements(): readonly Announcement[] {
  const { store } = useSession();
  const [shown, setShown] = useState<readonly Announcement[]>([]);

  useEffect(() => {
    let before = store.get();
    const timers = new Set<ReturnType<typeof setTimeout>>();
    const show = (text: string) => {
      const announcement = { id: (last += 1), text };
      setShown((all) => [...all, announcement]);
      timers.add(setTimeout(() => { setShown((all) => all.filter((one) => one !== announcement)); }, SHOWN_MS));
    };
    const unsubscribe = store.subscribe(() => {
      const now = store.get();
      // Those who were there before are told together, when all are known.
      if (now.listing) return;
      announcements(before, now).forEach(show);
      before = now;
    });
    return () => {
      unsubscribe();
      timers.forEach(clearTimeout);
    };
  }, [store]);

  return shown;
}
