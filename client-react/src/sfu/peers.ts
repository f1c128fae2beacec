/** The peers of a large room come in pages. */
import type { PeerInfo, PeersPage } from "../protocol/types";
import { patiently } from "./patience";
import type { SignalingClient } from "./SignalingClient";

/** The pages after the one at hand. */
export async function* morePages(signaling: SignalingClient, { morePeers }: PeersPage): AsyncGenerator<PeersPage> {
  while (typeof morePeers === "number") {
    const after: number = morePeers;
    const page: PeersPage = await patiently(() => signaling.request("getPeers", { after }));
    yield page;
    ({ morePeers } = page);
  }
}

/** All peers, of the page at hand and those after it. One may be on two pages: the later one knows better. */
export async function allPeers(signaling: SignalingClient, first: PeersPage): Promise<PeerInfo[]> {
  const peers = new Map(first.peers.map((peer) => [peer.peerId, peer]));
  for await (const page of morePages(signaling, first)) for (const peer of page.peers) peers.set(peer.peerId, peer);
  return [...peers.values()];
}
