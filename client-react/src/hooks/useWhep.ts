import { useEffect, useState, useSyncExternalStore } from "react";
import { WhepClient, type Watching, whepEndpoint } from "../broadcast/whep";

/** Watches a broadcast for as long as the page shows it; `again` is for who was sent away. */
export function useWhep(id: string): Watching & { again: () => void } {
  const [client] = useState(() => new WhepClient(whepEndpoint(id)));
  useEffect(() => client.watchIn(window), [client]);
  return { ...useSyncExternalStore(client.subscribe, client.get), again: client.start };
}
