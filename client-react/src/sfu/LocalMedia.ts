/** The user's own devices: on, off, muted, chosen. They outlive a call, so that a rejoin publishes them again. */
import type { Source } from "../protocol/types";
import type { DeviceKind, listDevices, openDevice } from "./devices";
import { endedSentence, isAway, sentence, stoppedSentence } from "./failures";
import type { Publisher } from "./Publisher";
import type { Store } from "./store";

const SOURCES: readonly Source[] = ["microphone", "camera", "screen"];

export class LocalMedia {
  /** Devices that are being opened, and whether they are still wanted: one that opens too late is closed again. */
  private readonly opening = new Map<Source, boolean>();
  /** What is wrong with each device, in a sentence. */
  private readonly failed = new Map<Source, string>();
  private publisher: Publisher | null = null;

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

  /** Opens a device and sends it; a second call while the first opens it is ignored. */
  async turnOn(source: Source): Promise<void> {
    this.want(source, true);
    if (this.opening.has(source)) this.opening.set(source, true);
    else if (!this.track(source)) {
      this.tell(source, null);
      await this.report(source, async () => {
        if (await this.openTrack(source)) await this.publish(source);
      });
    }
  }

  /** Closes the device at once, whatever is being done with it. */
  async turnOff(source: Source): Promise<void> {
    this.want(source, false);
    this.shut(source);
    await this.report(source, async () => this.publisher?.unpublish(source));
  }

  /** Who operates the server ended what was sent: the device is closed, and sent anew when the user turns it on. */
  async ended(source: Source): Promise<void> {
    await this.turnOff(source);
    this.tell(source, endedSentence(source));
  }

  toggle(source: Source): Promise<void> {
    return this.track(source) ? this.turnOff(source) : this.turnOn(source);
  }

  /** Muting keeps the microphone open: unmuting is then immediate. */
  async setMuted(muted: boolean): Promise<void> {
    this.store.setLocal({ muted });
    this.silence();
    await this.report("microphone", async () => this.publisher?.setPaused("microphone", muted));
  }

  /** Takes another device, at once if one of its kind is on. */
  async choose(kind: DeviceKind, id: string): Promise<void> {
    this.store.setLocal({ chosen: { ...this.store.get().local.chosen, [kind]: id } });
    if (kind === "speaker" || !this.track(kind) || this.opening.has(kind)) return;
    await this.report(kind, async () => {
      // Two at once are more than some systems allow.
      this.track(kind)?.stop();
      const track = await this.openTrack(kind).catch(async (error: unknown) => {
        this.shut(kind);
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
    this.detach();
    for (const source of SOURCES) this.shut(source);
  }

  private shut(source: Source): void {
    if (this.opening.has(source)) this.opening.set(source, false);
    this.track(source)?.stop();
    this.store.setTrack(source, null);
    // Who opens a microphone wants to be heard.
    if (source === "microphone") this.store.setLocal({ muted: false });
  }

  /** Nothing of a muted microphone leaves it, whatever the server knows. */
  private silence(): void {
    const { tracks, muted } = this.store.get().local;
    if (tracks.microphone) tracks.microphone.enabled = !muted;
  }

  private want(source: Source, wanted: boolean): void {
    if (source !== "screen") this.store.setLocal({ wanted: { ...this.store.get().local.wanted, [source]: wanted } });
  }

  private async openTrack(source: Source): Promise<MediaStreamTrack | null> {
    this.opening.set(source, true);
    this.store.setOpening(source, true);
    try {
      const track = await this.openChosen(source);
      if (!this.opening.get(source)) {
        track.stop();
        return null;
      }
      track.addEventListener("ended", () => void this.stopped(source, track));
      this.store.setTrack(source, track);
      if (source === "microphone") this.silence();
      void this.refreshDevices();
      return track;
    } catch (error) {
      // Nobody waits for it any more.
      if (!this.opening.get(source)) return null;
      throw error;
    } finally {
      this.opening.delete(source);
      this.store.setOpening(source, false);
    }
  }

  /** Another one may be chosen while this one opens: then that is what is wanted, also if this one fails. */
  private async openChosen(source: Source): Promise<MediaStreamTrack> {
    const { chosen } = this.store.get().local;
    const isOutdated = () =>
      source !== "screen" && this.opening.get(source) === true && this.store.get().local.chosen[source] !== chosen[source];
    try {
      const track = await this.open(source, chosen);
      if (!isOutdated()) return track;
      track.stop();
    } catch (error) {
      if (!isOutdated()) throw error;
    }
    return this.openChosen(source);
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
