/** What this peer receives: one consumer for each producer of the room's others. */
import type { types } from "mediasoup-client";
import type { ConsumerInfo, ProducerInfo, Source } from "../protocol/types";
import type { SignalingClient } from "./SignalingClient";
import type { Store } from "./store";
import { createRecvTransport } from "./transports";

const SOURCES: readonly unknown[] = ["microphone", "camera", "screen"] satisfies Source[];

/** Frontends of other dialects do not say where a stream comes from. */
const sourceOf = ({ appData, kind }: ConsumerInfo): Source => {
  const source = appData?.["source"];
  if (SOURCES.includes(source)) return source as Source;
  return kind === "audio" ? "microphone" : "camera";
};

export class Subscriber {
  private transport: Promise<types.Transport> | undefined;
  private opened: types.Transport | undefined;
  private readonly consumers = new Map<string, types.Consumer>();
  /** Producers that are alive in the room: one may close while we are still asking for it. */
  private readonly wanted = new Map<string, ProducerInfo>();
  private closed = false;

  constructor(
    private readonly signaling: SignalingClient,
    private readonly device: Promise<types.Device>,
    private readonly store: Store,
  ) {}

  /** consume → attach → consumer-resume; asking twice for one producer is asking once. */
  async subscribe(info: ProducerInfo): Promise<void> {
    if (this.closed || this.wanted.has(info.producerId)) return;
    this.wanted.set(info.producerId, info);
    try {
      await this.consume(info);
    } catch (error) {
      // A producer that closed, or a call that ended, while we asked for it is no failure.
      if (this.wants(info)) throw error;
    }
  }

  /** The producer is gone, and with it, on the server, our consumer. */
  forget(producerId: string): void {
    const info = this.wanted.get(producerId);
    this.wanted.delete(producerId);
    this.consumers.get(producerId)?.close();
    this.consumers.delete(producerId);
    if (info) this.store.removeMedia(info.peerId, producerId);
  }

  forgetPeer(peerId: string): void {
    for (const info of [...this.wanted.values()]) if (info.peerId === peerId) this.forget(info.producerId);
  }

  setPaused(producerId: string, paused: boolean): void {
    const info = this.wanted.get(producerId);
    if (!info) return;
    info.paused = paused;
    this.store.pauseMedia(info.peerId, producerId, paused);
  }

  close(): void {
    this.closed = true;
    this.wanted.clear();
    this.opened?.close();
  }

  owns(transportId: string): boolean {
    return this.opened?.id === transportId;
  }

  stats(): Promise<RTCStatsReport | null> {
    return this.opened && !this.opened.closed ? this.opened.getStats() : Promise.resolve(null);
  }

  private async open(): Promise<types.Transport> {
    const transport = await createRecvTransport(this.signaling, await this.device);
    if (this.closed) transport.close();
    this.opened = transport;
    return transport;
  }

  private async consume(info: ProducerInfo): Promise<void> {
    this.transport ??= this.open();
    const transport = await this.transport;
    if (!this.wants(info)) return;
    const { params } = await this.signaling.request("consume", {
      rtpCapabilities: (await this.device).recvRtpCapabilities,
      remoteProducerId: info.producerId,
      serverConsumerTransportId: transport.id,
    });
    if (!this.wants(info)) return;
    const { id, producerId, kind, rtpParameters } = params;
    // Tracks of one peer share a stream id, so that the browser plays lips and voice together.
    const consumer = await transport.consume({ id, producerId, kind, rtpParameters, streamId: info.peerId });
    if (!this.wants(info)) {
      consumer.close();
      return;
    }
    this.attach(info, params, consumer);
    await this.signaling.request("consumer-resume", { serverConsumerId: params.serverConsumerId });
  }

  private attach(info: ProducerInfo, params: ConsumerInfo, consumer: types.Consumer): void {
    this.consumers.set(info.producerId, consumer);
    this.store.addMedia(info.peerId, {
      consumerId: consumer.id,
      producerId: info.producerId,
      source: sourceOf(params),
      track: consumer.track,
      paused: info.paused,
    });
  }

  private wants(info: ProducerInfo): boolean {
    return !this.closed && this.wanted.get(info.producerId) === info;
  }
}
