/** What this peer receives: one consumer for each producer of the room's others. */
import type { types } from "mediasoup-client";
import type { Notifications } from "../protocol/notifications";
import type { ConsumerInfo, OwnObjects, ProducerInfo } from "../protocol/types";
import { isAway } from "./failures";
import { LevelMeter } from "./levels";
import type { Path } from "./Path";
import { patiently } from "./patience";
import { Side } from "./Side";
import type { SignalingClient } from "./SignalingClient";
import { sourceOf } from "./source";
import type { Store } from "./store";
import { whileOpen } from "./transports";

interface Reception {
  consumer: types.Consumer;
  peerId: string;
  /** The server was told to start it, and said that it did. */
  started: boolean;
}

export class Subscriber extends Side {
  private readonly receptions = new Map<string, Reception>();
  /** Producers that are alive in the room: one may close while we are still asking for it. */
  private readonly wanted = new Map<string, ProducerInfo>();
  private readonly meter = new LevelMeter();

  constructor(
    signaling: SignalingClient,
    private readonly device: types.Device,
    private readonly store: Store,
    path: Path,
  ) {
    super(signaling, device, "recv", path);
  }

  /** consume → attach → consumer-resume; asking twice for one producer is asking once. */
  async subscribe(info: ProducerInfo): Promise<void> {
    if (this.closed || this.wanted.has(info.producerId)) return;
    this.wanted.set(info.producerId, info);
    try {
      await patiently(() => this.consume(info), () => this.wants(info));
    } catch (error) {
      // A producer that closed, or a call that ended, while we asked for it is no failure; after a loss of the
      // connection it is asked for anew.
      if (this.wants(info) && !isAway(error)) throw error;
    }
  }

  /** The producer is gone, and with it, on the server, our consumer. */
  forget(producerId: string): void {
    const info = this.wanted.get(producerId);
    this.wanted.delete(producerId);
    this.receptions.get(producerId)?.consumer.close();
    this.receptions.delete(producerId);
    if (info) this.store.removeMedia(info.peerId, producerId);
  }

  forgetPeer(peerId: string): void {
    for (const info of [...this.wanted.values()]) if (info.peerId === peerId) this.forget(info.producerId);
  }

  setPaused(producerId: string, paused: boolean): void {
    const info = this.wanted.get(producerId);
    if (!info) return;
    info.paused = paused;
    this.store.changeMedia(info.peerId, producerId, { paused });
  }

  setLayers({ consumerId, spatialLayer, temporalLayer }: Notifications["consumer-layers-changed"]): void {
    for (const [producerId, { consumer, peerId }] of this.receptions) {
      if (consumer.id !== consumerId) continue;
      this.store.changeMedia(peerId, producerId, { layers: { spatial: spatialLayer, temporal: temporalLayer } });
    }
  }

  /** Keeps what lives on both sides; the rest is dropped, and what the room holds more is asked for. */
  resume(own: OwnObjects, alive: readonly ProducerInfo[]): Promise<unknown> {
    if (!this.link.survives(own.transports)) this.link.discard();
    const there = new Set(alive.map(({ producerId }) => producerId));
    for (const producerId of [...this.wanted.keys()]) {
      if (!there.has(producerId) || !this.lives(producerId, own)) this.forget(producerId);
    }
    const known = new Set([...this.receptions.values()].map(({ consumer }) => consumer.id));
    const strays = own.consumers.filter((id) => !known.has(id));
    for (const serverConsumerId of strays) this.signaling.request("consumer-close", { serverConsumerId }).catch(() => undefined);
    const unstarted = [...this.receptions.values()].filter(({ started }) => !started);
    for (const { producerId, paused } of alive) this.setPaused(producerId, paused);
    return Promise.all([...unstarted.map((one) => this.startAgain(one)), ...alive.map((info) => this.subscribe(info))]);
  }

  /** The server gave the transport up, and with it all consumers: everything is asked for anew. */
  renew(): Promise<unknown> {
    this.link.giveUp();
    // Copies: who still asks over the old transport sees that it is not wanted any more.
    const alive = [...this.wanted.values()].map((info) => ({ ...info }));
    return this.resume({ transports: [], producers: [], consumers: [] }, alive);
  }

  override close(): void {
    super.close();
    this.wanted.clear();
    this.receptions.clear();
  }

  /** How loud each peer was since this was last asked, from 0 to 1. Who is muted is silent, and costs nothing. */
  async audioLevels(): Promise<Map<string, number>> {
    const voices = [...this.receptions].filter(([, { consumer }]) => consumer.kind === "audio" && !consumer.closed);
    const byPeer = new Map(voices.map(([, { peerId }]) => [peerId, 0]));
    const open = voices.filter(([producerId]) => this.wanted.get(producerId)?.paused === false);
    const report = open.length > 0 ? await this.link.stats().catch(() => null) : null;
    if (!report) return byPeer;
    const levels = this.meter.measure(report);
    for (const [, { peerId, consumer }] of open) {
      const level = levels.get(consumer.rtpParameters.encodings?.[0]?.ssrc ?? 0) ?? 0;
      byPeer.set(peerId, Math.max(byPeer.get(peerId) ?? 0, level));
    }
    return byPeer;
  }

  private lives(producerId: string, own: OwnObjects): boolean {
    const consumer = this.receptions.get(producerId)?.consumer;
    return consumer !== undefined && !consumer.closed && own.consumers.includes(consumer.id);
  }

  private async consume(info: ProducerInfo): Promise<void> {
    try {
      await this.receive(info);
    } catch (error) {
      this.link.discardIfBroken();
      throw error;
    }
  }

  /** Goes on where an earlier try ended. */
  private async receive(info: ProducerInfo): Promise<void> {
    const received = this.receptions.get(info.producerId);
    if (received && !received.consumer.closed) return this.start(received);
    const transport = await this.link.get();
    if (!this.wants(info)) return;
    const { params } = await this.signaling.request("consume", {
      rtpCapabilities: this.device.recvRtpCapabilities,
      remoteProducerId: info.producerId,
      serverConsumerTransportId: transport.id,
    });
    if (!this.wants(info)) return;
    const { id, producerId, kind, rtpParameters } = params;
    // Tracks of one peer share a stream id, so that the browser plays lips and voice together.
    const options = { id, producerId, kind, rtpParameters, streamId: info.peerId };
    const consumer = await whileOpen(transport, transport.consume(options));
    if (!this.wants(info)) {
      consumer.close();
      return;
    }
    await this.start(this.attach(info, params, consumer));
  }

  private async start(reception: Reception): Promise<void> {
    await this.signaling.request("consumer-resume", { serverConsumerId: reception.consumer.id });
    reception.started = true;
  }

  private async startAgain(reception: Reception): Promise<void> {
    const wanted = () => !this.closed && !reception.consumer.closed;
    try {
      await patiently(() => this.start(reception), wanted);
    } catch (error) {
      if (wanted()) throw error;
    }
  }

  private attach(info: ProducerInfo, params: ConsumerInfo, consumer: types.Consumer): Reception {
    const reception = { consumer, peerId: info.peerId, started: false };
    this.receptions.set(info.producerId, reception);
    this.store.addMedia(info.peerId, {
      consumerId: consumer.id,
      producerId: info.producerId,
      source: sourceOf(params),
      track: consumer.track,
      paused: info.paused,
      layers: null,
    });
    return reception;
  }

  private wants(info: ProducerInfo): boolean {
    return !this.closed && this.wanted.get(info.producerId) === info;
  }
}
