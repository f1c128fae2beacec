/** The user's own devices: on, off, muted, chosen. They outlive a call, so that a rejoin publishes them again. */
import type { Source } from "../protocol/types";
import type { DeviceKind, listDevices, openDevice } from "./devices";
import { isAway, sentence, stoppedSentence } from "./failures";
import type { Publisher } from "./Publisher";
import type { Store } from "./store";

const SOURCES: readonly Source[] = ["microphone", "camera", "screen"];

export class LocalMedia {
  private readonly busy = new Set<Source>();
  /** What is wrong with each device, in a sentence. */
  private readonly failed = new Map<Source, string>();
  private publisher: Publisher | null = null;
  /** Counts the times the user left: a device that opens too late is closed again. */
  private stay = 0;

  constructor(
    private readonly store: Store,
    private readonly open: typeof openDevice,
    private readonly list: typeof listDevices,
  ) {}

  /** Sends what is on through this call from now on; asked again, it sends what is missing. */
  async attach(publisher: Publisher): Promise<void> {
    this.publisher = publisher;
    await Promise.all(SOURCES.map((source) => this.report(source, () => this.publish(source))));
  }

  detach(): void {
    this.publisher = null;
  }

  /** Opens what a join opens: camera and microphone, unless the user does not want them. */
  async turnOnWanted(): Promise<void> {
    const { wanted } = this.store.get().local;
    await Promise.all((["microphone", "camera"] as const).filter((one) => wanted[one]).map((one) => this.turnOn(one)));
  }

  /** Opens a device and sends it; a second call while the first works is ignored. */
  turnOn(source: Source): Promise<void> {
    this.want(source, true);
    return this.exclusively(source, async () => {
      if (this.track(source)) return;
      this.tell(source, null);
      const track = await this.openTrack(source);
      if (track) await this.publish(source);
    });
  }

  turnOff(source: Source): Promise<void> {
    this.want(source, false);
    return this.exclusively(source, async () => {
      this.track(source)?.stop();
      this.store.setTrack(source, null);
      await this.publisher?.unpublish(source);
    });
  }

  toggle(source: Source): Promise<void> {
    return this.track(source) ? this.turnOff(source) : this.turnOn(source);
  }

  /** Muting keeps the microphone open: unmuting is then immediate. */
  async setMuted(muted: boolean): Promise<void> {
    this.store.setLocal({ muted });
    await this.report("microphone", async () => this.publisher?.setPaused("microphone", muted));
  }

  /** Takes another device, at once if one of its kind is on. */
  async choose(kind: DeviceKind, id: string): Promise<void> {
    this.store.setLocal({ chosen: { ...this.store.get().local.chosen, [kind]: id } });
    if (kind === "speaker" || !this.track(kind)) return;
    await this.exclusively(kind, async () => {
      // Two at once are more than some systems allow.
      this.track(kind)?.stop();
      const track = await this.openTrack(kind).catch(async (error: unknown) => {
        this.store.setTrack(kind, null);
        await this.publisher?.unpublish(kind);
        throw error;
      });
      if (track) await this.publish(kind);
    });
  }

  /** Looks what there is to choose from. */
  async refreshDevices(): Promise<void> {
    this.store.setLocal({ devices: await this.list() });
  }

  stopAll(): void {
    this.stay += 1;
    this.detach();
    for (const source of SOURCES) {
      this.track(source)?.stop();
      this.store.setTrack(source, null);
    }
  }

  private want(source: Source, wanted: boolean): void {
    if (source !== "screen") this.store.setLocal({ wanted: { ...this.store.get().local.wanted, [source]: wanted } });
  }

  private async openTrack(source: Source): Promise<MediaStreamTrack | null> {
    const { stay } = this;
    this.store.setOpening(source, true);
    try {
      const track = await this.open(source, this.store.get().local.chosen);
      if (stay !== this.stay) {
        track.stop();
        return null;
      }
      track.addEventListener("ended", () => void this.stopped(source, track));
      this.store.setTrack(source, track);
      void this.refreshDevices();
      return track;
    } finally {
      this.store.setOpening(source, false);
    }
  }

  /** A screen ends by the browser's own button; a camera or microphone by being unplugged. */
  private async stopped(source: Source, track: MediaStreamTrack): Promise<void> {
    if (this.track(source) !== track) return;
    await this.turnOff(source);
    if (source !== "screen") this.tell(source, stoppedSentence(source));
  }

  private async publish(source: Source): Promise<void> {
    const { publisher } = this;
    const track = this.track(source);
    if (!track || !publisher) return;
    await publisher.publish(source, track);
    if (source === "microphone") await publisher.setPaused(source, this.store.get().local.muted);
  }

  private track(source: Source): MediaStreamTrack | null {
    return this.store.get().local.tracks[source];
  }

  private async exclusively(source: Source, act: () => Promise<void>): Promise<void> {
    if (this.busy.has(source)) return;
    this.busy.add(source);
    await this.report(source, act);
    this.busy.delete(source);
  }

  private async report(source: Source, act: () => Promise<void>): Promise<void> {
    try {
      await act();
    } catch (error) {
      // What could not be said while the connection was away is said when it is back.
      if (!isAway(error)) this.tell(source, sentence(error));
    }
  }

  /** Shows what is wrong with the devices together; what was dismissed meanwhile is not shown again. */
  private tell(source: Source, problem: string | null): void {
    if (this.store.get().problems.devices === null) this.failed.clear();
    if (problem === null) this.failed.delete(source);
    else this.failed.set(source, problem);
    this.store.tell("devices", [...this.failed.values()].join(" ") || null);
  }
}
