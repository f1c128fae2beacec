import type { RemotePeer } from "../sfu/store";
import { useSessionState } from "./useSessionState";

/** Everyone else in the room, in the order they came. */
export function usePeers(): readonly RemotePeer[] {
  return useSessionState().peers;
}
