/** What this peer sends: one producer per source, all on one transport. */
import type { types } from "mediasoup-client";
import type { OwnObjects, Source } from "../protocol/types";
import { encodingOf } from "./encodings";
import type { Path } from "./Path";
import { patiently } from "./patience";
import { Side } from "./Side";
import type { SignalingClient } from "./SignalingClient";
import { whileOpen } from "./transports";

export class Publisher extends Side {
  private readonly producers = new Map<Source, types.Producer>();
  /** Producers the server is known to have paused (`true`) or resumed. */
  private readonly pausedThere = new Map<string, boolean>();
  /** What is done to one source is done in order. */
  private readonly turns = new Map<Source, Promise<unknown>>();

  constructor(signaling: SignalingClient, device: types.Device, path: Path) {
    super(signaling, device, "send", path);
  }

  /** Sends a track as the source's picture or sound, in place of the one before if there is one. */
  publish(source: Source, track: MediaStreamTrack): Promise<void> {
    return this.inTurn(source, async () => {
      const wanted = () => !this.closed && track.readyState !== "ended";
      try {
        if (wanted()) await patiently(() => this.send(source, track), wanted);
      } catch (error) {
        if (wanted()) throw error;
      }
    });
  }

  unpublish(source: Source): Promise<void> {
    return this.inTurn(source, () => this.drop(source));
  }

  /** Tells the server, too, unless it is known to know. */
  setPaused(source: Source, paused: boolean): Promise<void> {
    return this.inTurn(source, async () => {
      const producer = this.producers.get(source);
      if (!producer) return;
      if (paused) producer.pause();
      else producer.resume();
      if ((this.pausedThere.get(producer.id) ?? null) === paused) return;
      this.pausedThere.delete(producer.id);
      await this.signaling.request(paused ? "producer-pause" : "producer-resume", { producerId: producer.id });
      this.pausedThere.set(producer.id, paused);
    });
  }

  /** Keeps what lives on both sides and ends what lives on one; what is missing is published again by its owner. */
  async resume(own: OwnObjects): Promise<void> {
    if (!this.link.survives(own.transports)) {
      this.link.discard();
      this.producers.clear();
    }
    const lost = [...this.producers].filter(([, producer]) => producer.closed || !own.producers.includes(producer.id));
    for (const [source] of lost) await this.drop(source).catch(() => undefined);
    const known = new Set([...this.producers.values()].map(({ id }) => id));
    for (const producerId of own.producers) {
      if (!known.has(producerId)) await this.signaling.request("producer-close", { producerId }).catch(() => undefined);
    }
  }

  /** The server ended one of ours; which source that was, `null` if it is none of ours. */
  ended(producerId: string): Source | null {
    const [source, producer] = [...this.producers].find(([, one]) => one.id === producerId) ?? [];
    if (!source || !producer) return null;
    this.producers.delete(source);
    producer.close();
    return source;
  }

  /** The server gave the transport up, and with it all that was sent over it. */
  giveUp(): void {
    this.link.giveUp();
    this.producers.clear();
  }

  private async send(source: Source, track: MediaStreamTrack): Promise<void> {
    const producer = this.producers.get(source);
    if (producer && !producer.closed) {
      if (producer.track !== track) await whileOpen(producer, producer.replaceTrack({ track }));
      return;
    }
    const transport = await this.link.get();
    // The track belongs to LocalMedia: it outlives this call when the client rejoins, and is disabled while muted.
    const ours = { stopTracks: false, disableTrackOnPause: false };
    const paused = !track.enabled;
    const options = { track, ...ours, appData: { source, paused }, ...encodingOf(source) };
    try {
      const made = await whileOpen(transport, transport.produce(options));
      this.producers.set(source, made);
      this.pausedThere.set(made.id, paused);
    } catch (error) {
      this.link.discardIfBroken();
      throw error;
    }
  }

  private async drop(source: Source): Promise<void> {
    const producer = this.producers.get(source);
    if (!producer) return;
    this.producers.delete(source);
    producer.close();
    await this.signaling.request("producer-close", { producerId: producer.id });
  }

  private inTurn(source: Source, act: () => Promise<void>): Promise<void> {
    const turn = (this.turns.get(source) ?? Promise.resolve()).then(act);
    this.turns.set(source, turn.catch(() => undefined));
    return turn;
  }
}
