/** Being in a room, and staying in it: join, leave, and rejoin after everything that can break. */
import { Device, type types } from "mediasoup-client";
import { Call } from "./Call";
import { openDevice } from "./devices";
import { RequestError, sentence } from "./failures";
import { LocalMedia } from "./LocalMedia";
import type { PeersPage } from "../protocol/types";
import type { SignalingClient } from "./SignalingClient";
import { INITIAL, Store } from "./store";

const RETRY_AFTER_MS = 1_000;

/** Answers that another try will not change. */
const FINAL = new Set(["limit-peers", "limit-rooms", "limit-sockets", "unauthorized", "bad-request"]);

const GONE = "The server cannot be reached. Trying again…";
const LOST = "The connection to the server was lost. Reconnecting…";
const CLOSED = "The server closed the room. Entering it again…";

/** Where the user wants to be. */
interface Wish {
  room: string;
  displayName: string;
}

/** What a session needs of the browser; tests bring their own. */
export interface Platform {
  makeDevice: () => Promise<types.Device>;
  openDevice: typeof openDevice;
}

const BROWSER: Platform = { makeDevice: () => Device.factory(), openDevice };

export class RoomSession {
  readonly store = new Store();
  readonly local: LocalMedia;
  private wish: Wish | null = null;
  private call: Call | null = null;
  private told: string | null = null;
  private retry: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly signaling: SignalingClient,
    private readonly platform: Platform = BROWSER,
  ) {
    this.local = new LocalMedia(this.store, platform.openDevice);
    this.watchSocket();
    this.watchRoom();
  }

  /** Enters a room with camera and microphone; without them if they cannot be had. */
  async join(room: string, displayName: string): Promise<void> {
    this.wish = { room, displayName };
    this.store.set({ status: "joining", room, problem: null });
    const opening = Promise.all([this.local.turnOn("microphone"), this.local.turnOn("camera")]);
    if (this.signaling.connected) await this.enter();
    else this.signaling.connect();
    await opening;
  }

  async leave(): Promise<void> {
    const wasIn = this.call !== null;
    this.giveUp(null);
    if (wasIn) await this.signaling.request("leaveRoom").catch(() => undefined);
    if (!this.wishes()) this.signaling.disconnect();
  }

  /** For the statistics panel and tests. */
  async stats(): Promise<RTCStatsReport[]> {
    const reports = await Promise.all([this.call?.publisher.stats(), this.call?.subscriber.stats()]);
    return reports.filter((report) => report != null);
  }

  private watchSocket(): void {
    this.signaling.onUp(() => void this.enter());
    this.signaling.onUnreachable((error) => {
      if (!this.wish) return;
      if (this.isFinal(error)) this.giveUp(sentence(error));
      else this.tell(GONE);
    });
    this.signaling.onDown((final) => {
      if (!this.wish) return;
      this.tell(LOST);
      if (final) this.later(() => { this.signaling.connect(); });
    });
  }

  private watchRoom(): void {
    const { signaling, store } = this;
    signaling.on("new-peer", ({ peerId, displayName }) => { store.addPeer(peerId, displayName); });
    signaling.on("peer-left", ({ peerId }) => this.call?.removePeer(peerId));
    signaling.on("new-producer", (producer) => this.call?.addProducer(producer));
    signaling.on("producer-closed", ({ producerId }) => this.call?.subscriber.forget(producerId));
    signaling.on("producer-paused", ({ producerId }) => this.call?.subscriber.setPaused(producerId, true));
    signaling.on("producer-resumed", ({ producerId }) => this.call?.subscriber.setPaused(producerId, false));
    signaling.on("room-closed", () => {
      if (!this.wish) return;
      this.tell(CLOSED);
      void this.enter();
    });
    signaling.on("transport-closed", ({ transportId }) => {
      if (this.call?.owns(transportId)) void this.signaling.request("leaveRoom").then(() => this.enter());
    });
  }

  /** One try to be where the user wants to be; what fails for a while is tried again. */
  private async enter(): Promise<void> {
    clearTimeout(this.retry);
    const wish = this.wish;
    if (!wish) return;
    this.endCall();
    const call = this.startCall(wish);
    this.call = call;
    try {
      await this.takePart(call, wish.displayName);
    } catch (error) {
      // Left, or entered anew, in the meantime: nobody waits for this one.
      if (this.call !== call) return;
      if (this.isFinal(error)) this.giveUp(sentence(error));
      else this.retryLater(error);
    }
  }

  private startCall({ room, displayName }: Wish): Call {
    const { signaling, store, platform } = this;
    return new Call(signaling, store, platform.makeDevice(), { roomName: room, displayName }, (error) => {
      store.set({ problem: sentence(error) });
    });
  }

  private async takePart(call: Call, displayName: string): Promise<void> {
    const { peerId, ...page } = await call.joined;
    if (this.call !== call) return;
    this.store.set({ status: "joined", self: { peerId, displayName }, problem: this.problemOfDevices() });
    await Promise.all([this.meet(call, page), this.local.attach(call.publisher)]);
  }

  /** Takes in who was there before us, those who send first. */
  private async meet(call: Call, { peers, morePeers }: PeersPage): Promise<void> {
    for (const peer of peers) call.addPeer(peer);
    if (morePeers === null) return;
    const page = await this.signaling.request("getPeers", { after: morePeers });
    if (this.call === call) await this.meet(call, page);
  }

  /** Says what is wrong with the connection while it is being mended. */
  private tell(problem: string): void {
    this.told = problem;
    const { status } = this.store.get();
    this.store.set({ status: status === "joining" ? status : "reconnecting", problem });
  }

  /** Entering clears what was said about the connection, not what was said about camera and microphone. */
  private problemOfDevices(): string | null {
    const { problem } = this.store.get();
    return problem === this.told ? null : problem;
  }

  private isFinal(error: unknown): boolean {
    return error instanceof RequestError ? FINAL.has(error.code) : true;
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

  private endCall(): void {
    this.local.detach();
    this.call?.close();
    this.call = null;
    this.store.set({ peers: [], self: null });
  }

  private giveUp(problem: string | null): void {
    clearTimeout(this.retry);
    this.wish = null;
    this.endCall();
    this.local.stopAll();
    this.store.set({ ...INITIAL, problem });
  }

  private wishes(): boolean {
    return this.wish !== null;
  }
}
