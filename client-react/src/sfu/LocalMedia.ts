/** The user's own devices: on, off, muted. They outlive a call, so that a rejoin publishes them again. */
import type { Source } from "../protocol/types";
import { openDevice } from "./devices";
import { sentence } from "./failures";
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
    private readonly open: (source: Source) => Promise<MediaStreamTrack> = openDevice,
  ) {}

  /** Sends what is on through this call from now on. */
  async attach(publisher: Publisher): Promise<void> {
    this.publisher = publisher;
    await Promise.all(SOURCES.map((source) => this.report(source, () => this.publish(source))));
  }

  detach(): void {
    this.publisher = null;
  }

  /** Opens a device and sends it; a second call while the first works is ignored. */
  turnOn(source: Source): Promise<void> {
    return this.exclusively(source, async () => {
      if (this.track(source)) return;
      const stay = this.stay;
      this.tell(source, null);
      const track = await this.open(source);
      if (stay !== this.stay) {
        track.stop();
        return;
      }
      track.addEventListener("ended", () => void this.turnOff(source));
      this.store.setTrack(source, track);
      await this.publish(source);
    });
  }

  turnOff(source: Source): Promise<void> {
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

  stopAll(): void {
    this.stay += 1;
    this.detach();
    for (const source of SOURCES) {
      this.track(source)?.stop();
      this.store.setTrack(source, null);
    }
  }

  private async publish(source: Source): Promise<void> {
    const track = this.track(source);
    const publisher = this.publisher;
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
      this.tell(source, sentence(error));
    }
  }

  /** Shows what is wrong with the devices together; what was dismissed meanwhile is not shown again. */
  private tell(source: Source, problem: string | null): void {
    const shown = this.store.get().problem === this.problems();
    if (!shown) this.failed.clear();
    if (problem === null) this.failed.delete(source);
    else this.failed.set(source, problem);
    if (shown || problem !== null) this.store.set({ problem: this.problems() });
  }

  private problems(): string | null {
    return [...this.failed.values()].join(" ") || null;
  }
}
