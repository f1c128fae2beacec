import { useSyncExternalStore } from "react";
import type { Speaking } from "../sfu/ActiveSpeaker";
import { useSession } from "./useSession";

/** Who has the floor, and everyone to be heard; measured only while a caller is on the screen. */
export function useActiveSpeaker(): Speaking {
  const { speaker } = useSession();
  return useSyncExternalStore(speaker.subscribe, speaker.get);
}
