/** Being in a room, and staying in it: join, leave, and coming back after everything that can break. */
import { ActiveSpeaker } from "./ActiveSpeaker";
import { entrySentence, isFinal, KICKED, MENDING, RequestError, sentence } from "./failures";
import { LocalMedia } from "./LocalMedia";
import { Membership, type Wish } from "./Membership";
import { BROWSER, type Platform } from "./platform";
import { RoomEvents } from "./RoomEvents";
import type { SignalingClient } from "./SignalingClient";
import { INITIAL, Store } from "./store";

const RETRY_AFTER_MS = 1_000;
/** After a change of the network a socket that is silent this long is dead. */
const ALIVE_WITHIN_MS = 2_500;

export class RoomSession {
  readonly store = new Store();
  readonly local: LocalMedia;
  readonly speaker = new ActiveSpeaker(() => this.audioLevels());
  private readonly member: Membership;
  private readonly events: RoomEvents;
  private wish: Wish | null = null;
  /** Counts the tries to enter: only the newest matters. */
  private turn = 0;
  private suspended = false;
  private retry: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly signaling: SignalingClient,
    platform: Platform = BROWSER,
  ) {
    this.local = new LocalMedia(this.store, platform.openDevice, platform.listDevices);
    this.member = new Membership(signaling, platform, this.store, this.local);
    this.events = new RoomEvents(signaling, this.store, {
      call: () => this.member.call,
      onRoomClosed: (reason) => { if (reason === "kicked") this.kicked(); else this.roomClosed(); },
      onTransportClosed: (transportId) => void this.member.transportClosed(transportId),
      onEnded: (source) => void this.local.ended(source),
    });
    this.watchSocket();
  }

  /** Enters a room with camera and microphone; without them if they cannot be had. */
  async join(room: string, displayName: string): Promise<void> {
    this.wish = { room, displayName };
    this.store.set({ status: "joining", room, left: false });
    this.store.tell("room", null);
    const opening = this.local.turnOnWanted();
    if (this.signaling.connected) await this.enter();
    else this.signaling.connect();
    await opening;
  }

  async leave(): Promise<void> {
    const left = ["joined", "reconnecting"].includes(this.store.get().status);
    this.giveUp(null);
    this.local.stopAll();
    this.store.dismiss();
    this.store.set({ left });
    // Also on the way in: the server may have let us in already.
    await this.signaling.request("leaveRoom").catch(() => undefined);
    if (!this.wishes()) this.signaling.disconnect();
  }

  /** The page goes away: the others must not see a ghost. */
  suspend(): void {
    if (!this.wish || this.suspended) return;
    this.suspended = true;
    clearTimeout(this.retry);
    const { proof } = this.member;
    const peer = proof === null ? null : { roomName: this.wish.room, resumeToken: proof };
    this.forgetPeer();
    this.signaling.sayGoodbye(peer);
  }

  /** The page is back. */
  wake(): void {
    if (!this.suspended) return;
    this.suspended = false;
    if (this.wish) this.signaling.connect();
  }

  /** Another network, or none for a while: looks for a path anew. */
  async networkChanged(): Promise<void> {
    const { call } = this.member;
    if (!call || !this.signaling.connected) return;
    call.restartIce();
    if (!(await this.signaling.isAlive(ALIVE_WITHIN_MS))) this.signaling.drop();
  }

  /** For the statistics panel and tests. */
  async stats(): Promise<RTCStatsReport[]> {
    return (await this.member.call?.stats()) ?? [];
  }

  /** How loud each of the others was since this was last asked, from 0 to 1, by peer. */
  async audioLevels(): Promise<Map<string, number>> {
    return (await this.member.call?.subscriber.audioLevels()) ?? new Map<string, number>();
  }

  private watchSocket(): void {
    this.signaling.onUp(() => void this.enter());
    this.signaling.onUnreachable((error) => {
      if (!this.wish) return;
      if (!isFinal(error)) this.tell(MENDING.unreachable);
      else if (!this.member.call) this.giveUp(sentence(error));
      else {
        // The peer lives on, and its media flows. A socket that was refused does not try again by itself.
        this.tell(sentence(error));
        this.connectLater();
      }
    });
    this.signaling.onDown((final) => {
      if (!this.wish || this.suspended) return;
      // What was on its way into the room has lost its way.
      this.turn += 1;
      this.tell(MENDING.lost);
      if (final) this.connectLater();
    });
  }

  /** One try to be where the user wants to be; what fails for a while is tried again. */
  private async enter(): Promise<void> {
    clearTimeout(this.retry);
    const turn = (this.turn += 1);
    const isCurrent = () => turn === this.turn;
    if (!this.wish) return;
    this.events.hold();
    try {
      await this.member.enter(this.wish, this.events, isCurrent);
    } catch (error) {
      // Left, or entered anew, in the meantime: nobody waits for this one.
      if (!isCurrent()) return;
      if (isFinal(error)) this.giveUp(entrySentence(error));
      else this.retryLater(error);
    }
  }

  /** Who operates the server wants this peer out: it does not come back by itself. */
  private kicked(): void {
    if (!this.wish) return;
    void this.leave();
    this.store.tell("room", KICKED);
  }

  private roomClosed(): void {
    if (!this.wish) return;
    this.tell(MENDING.closed);
    this.forgetPeer();
    void this.enter();
  }

  /** Says what is wrong with the connection while it is being mended. */
  private tell(problem: string): void {
    const { status } = this.store.get();
    this.store.set({ status: status === "joining" ? status : "reconnecting" });
    this.store.tell("room", problem);
  }

  private retryLater(error: unknown): void {
    this.tell(sentence(error));
    // An earlier answer was lost on its way.
    if (error instanceof RequestError && error.code === "already-joined") {
      this.signaling.request("leaveRoom").catch(() => undefined);
    }
    // Without a socket the next try comes with the socket.
    if (this.signaling.connected) this.later(() => void this.enter());
  }

  private later(act: () => void): void {
    clearTimeout(this.retry);
    this.retry = setTimeout(act, RETRY_AFTER_MS);
  }

  private connectLater(): void {
    this.later(() => { this.signaling.connect(); });
  }

  /** The server holds nothing of ours any more. */
  private forgetPeer(): void {
    this.turn += 1;
    this.member.forget();
  }

  /** Back to the lobby; what is on stays on, for the preview there. */
  private giveUp(problem: string | null): void {
    clearTimeout(this.retry);
    this.wish = null;
    this.forgetPeer();
    this.events.release();
    const { local, problems } = this.store.get();
    this.store.set({ ...INITIAL, local, problems });
    this.store.tell("room", problem);
    void this.local.turnOff("screen");
    // Who cannot take part holds no place; the next try connects anew.
    if (problem !== null) this.signaling.disconnect();
  }

  private wishes(): boolean {
    return this.wish !== null;
  }
}
