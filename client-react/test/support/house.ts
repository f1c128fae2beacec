/** A server that remembers: what each peer has, across the sockets it comes with. */
import { testFakeParameters as fake } from "mediasoup-client";
import type { OwnObjects, PeerInfo, ProducerInfo } from "../../src/protocol/types";
import type { FakeSocket } from "./FakeSocket";
import { serve } from "./server";

type Wish = { roomName: string; resumeToken?: string };

/** What the server holds of the peer under test; tests take things away from it. */
export class House {
  own: OwnObjects = { transports: [], producers: [], consumers: [] };
  peers: PeerInfo[];
  /** Tokens the server would still take. */
  token: string | null = null;
  private tokens = 0;
  private peerId = "";
  private lives = 0;
  /** Over this connection the peer was told who it is: asked again, it is told the same. */
  private greeted = false;

  constructor(socket: FakeSocket, peers: PeerInfo[] = []) {
    this.peers = peers;
    socket.on("disconnect", () => { this.greeted = false; });
    serve(socket);
    socket.answers["joinRoom"] = (wish: Wish) => this.join(wish);
    this.note(socket, "createWebRtcTransport", "transports", (answer) => (answer as { params: { id: string } }).params.id);
    this.note(socket, "transport-produce", "producers", (answer) => (answer as { id: string }).id);
    this.note(socket, "consume", "consumers", (answer) => (answer as { params: { id: string } }).params.id);
  }

  /** The grace period is over. */
  forget(): void {
    this.token = null;
    this.greeted = false;
    this.own = { transports: [], producers: [], consumers: [] };
  }

  private join({ roomName, resumeToken }: Wish) {
    const resumed = !this.greeted && resumeToken !== undefined && resumeToken === this.token;
    if (!resumed && !this.greeted) {
      this.forget();
      this.peerId = `ann ${(this.lives += 1)}`;
    }
    this.greeted = true;
    this.token = `token ${(this.tokens += 1)}`;
    return {
      rtpCapabilities: fake.generateRouterRtpCapabilities(),
      peerId: this.peerId,
      roomName,
      peers: structuredClone(this.peers),
      morePeers: null,
      resumeToken: this.token,
      resumed,
      own: structuredClone(this.own),
    };
  }

  private note(socket: FakeSocket, event: string, kind: keyof OwnObjects, idOf: (answer: unknown) => string): void {
    socket.alter(event, (given) => {
      this.own[kind].push(idOf(given));
      return given;
    });
  }
}

export const peerOf = (peerId: string, ...producers: ProducerInfo[]): PeerInfo => ({
  peerId,
  displayName: `Name of ${peerId}`,
  producers,
});
