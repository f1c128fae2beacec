/** What this peer sends: one producer per source, on one transport that is made when first needed. */
import type { types } from "mediasoup-client";
import type { Source } from "../protocol/types";
import { encodingOf } from "./encodings";
import type { SignalingClient } from "./SignalingClient";
import { createSendTransport } from "./transports";

export class Publisher {
  private transport: Promise<types.Transport> | undefined;
  private opened: types.Transport | undefined;
  private readonly producers = new Map<Source, types.Producer>();
  private closed = false;

  constructor(
    private readonly signaling: SignalingClient,
    private readonly device: Promise<types.Device>,
  ) {}

  async publish(source: Source, track: MediaStreamTrack): Promise<void> {
    this.transport ??= this.open();
    const transport = await this.transport;
    if (this.closed) return;
    // The track belongs to LocalMedia: it outlives this call when the client rejoins.
    const options = { track, stopTracks: false, appData: { source }, ...encodingOf(source) };
    this.producers.set(source, await transport.produce(options));
  }

  async unpublish(source: Source): Promise<void> {
    const producer = this.producers.get(source);
    if (!producer) return;
    this.producers.delete(source);
    producer.close();
    await this.signaling.request("producer-close", { producerId: producer.id });
  }

  async setPaused(source: Source, paused: boolean): Promise<void> {
    const producer = this.producers.get(source);
    if (!producer || producer.paused === paused) return;
    if (paused) producer.pause();
    else producer.resume();
    await this.signaling.request(paused ? "producer-pause" : "producer-resume", { producerId: producer.id });
  }

  /** Closes this side at once; the server frees its own when the peer leaves or its socket ends. */
  close(): void {
    this.closed = true;
    this.opened?.close();
  }

  owns(transportId: string): boolean {
    return this.opened?.id === transportId;
  }

  stats(): Promise<RTCStatsReport | null> {
    return this.opened && !this.opened.closed ? this.opened.getStats() : Promise.resolve(null);
  }

  private async open(): Promise<types.Transport> {
    const transport = await createSendTransport(this.signaling, await this.device);
    if (this.closed) transport.close();
    this.opened = transport;
    return transport;
  }
}
