import { useSyncExternalStore } from "react";
import type { State } from "../sfu/store";
import { useSession } from "./useSession";

/** The whole state; a component that shows one part of it uses the hook of that part. */
export function useSessionState(): State {
  const { store } = useSession();
  return useSyncExternalStore(store.subscribe, store.get);
}
