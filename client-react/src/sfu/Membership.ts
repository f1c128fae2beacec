/** Being somebody in a room: the peer the server made, its media, and what proves who we are. Decides nothing about when. */
import type { types } from "mediasoup-client";
import type { JoinAnswer, PeersPage } from "../protocol/types";
import { Call } from "./Call";
import { isAway, sentence } from "./failures";
import type { LocalMedia } from "./LocalMedia";
import type { Platform } from "./platform";
import type { RoomEvents } from "./RoomEvents";
import type { SignalingClient } from "./SignalingClient";
import type { Store } from "./store";

/** Where the user wants to be. */
export interface Wish {
  room: string;
  displayName: string;
}

/** Whether a try to enter still matters. */
type Current = () => boolean;

export class Membership {
  private current: Call | null = null;
  /** Proves to the server who we were; never leaves memory. */
  private resumeToken: string | null = null;

  constructor(
    private readonly signaling: SignalingClient,
    private readonly platform: Platform,
    private readonly store: Store,
    private readonly local: LocalMedia,
  ) {}

  get call(): Call | null {
    return this.current;
  }

  /** What proves it to the server, while there is something to prove. */
  get proof(): string | null {
    return this.resumeToken;
  }

  /** Becomes a peer of the room, or the one we were. */
  async enter({ room, displayName }: Wish, events: RoomEvents, isCurrent: Current): Promise<void> {
    const resumeToken = this.current && this.resumeToken;
    const device = resumeToken === null ? await this.platform.makeDevice() : null;
    if (!isCurrent()) return;
    const wish = { roomName: room, displayName, ...(resumeToken !== null && { resumeToken }) };
    const answer = await this.signaling.request("joinRoom", wish);
    if (!isCurrent()) return;
    this.resumeToken = answer.resumeToken ?? null;
    // Asked twice over one socket, the server does not call it resumed; yet it is the peer we were.
    const livesOn = this.current !== null && (answer.resumed || answer.peerId === this.current.peerId);
    if (livesOn) await this.current?.resume(answer, isCurrent);
    else await this.begin(device ?? (await this.platform.makeDevice()), answer, isCurrent);
    if (isCurrent() && this.current) await this.takePart(this.current, livesOn ? null : answer, displayName, events);
  }

  /** The server holds nothing of ours any more. */
  forget(): void {
    this.resumeToken = null;
    this.endCall();
  }

  /** One direction broke for good; the other goes on. */
  async transportClosed(transportId: string): Promise<void> {
    const call = this.current;
    if (call?.publisher.owns(transportId)) {
      call.publisher.giveUp();
      await this.local.attach(call.publisher);
    } else await call?.renewReceiving(transportId);
  }

  /** A new peer: nothing on the server is ours yet. */
  private async begin(device: types.Device, answer: JoinAnswer, isCurrent: Current): Promise<void> {
    await device.load({ routerRtpCapabilities: answer.rtpCapabilities });
    if (!isCurrent()) return;
    this.endCall();
    this.current = new Call(answer.peerId, this.signaling, device, this.store, (error) => {
      if (!isAway(error)) this.store.tell("room", sentence(error));
    });
  }

  /** `strangers` are those whom a new peer meets. */
  private async takePart(call: Call, strangers: PeersPage | null, displayName: string, events: RoomEvents): Promise<void> {
    this.store.set({ status: "joined", self: { peerId: call.peerId, displayName }, listing: strangers !== null });
    this.store.tell("room", null);
    const met = strangers && call.meet(strangers);
    events.release();
    await Promise.all([this.local.attach(call.publisher), met]);
  }

  private endCall(): void {
    this.local.detach();
    this.current?.close();
    this.current = null;
    this.store.set({ peers: [], self: null, listing: false });
  }
}
