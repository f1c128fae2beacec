/** Who speaks: judged from how loud everyone is, without help from the server. */

/** Below this is breath and fan; levels are those of peaks. */
const QUIET = 0.03;
/** Of the last judgement, this much stays: words have pauses. */
const MEMORY = 0.75;
/** A newcomer must be this much louder than who has the floor… */
const LOUDER = 1.5;
/** …for this many judgements in a row. */
const PERSISTENT = 3;

export interface Speaking {
  /** Who has the floor; stays after the last word, until somebody else speaks. */
  active: string | null;
  /** Everyone to be heard right now. */
  audible: ReadonlySet<string>;
}

export const SILENCE: Speaking = { active: null, audible: new Set() };

/** One judgement after another; plain arithmetic. */
export class SpeakerJudge {
  private loudness = new Map<string, number>();
  private active: string | null = null;
  private challenger: string | null = null;
  private rounds = 0;

  judge(levels: ReadonlyMap<string, number>): Speaking {
    this.loudness = new Map([...levels].map(([peer, level]) => [peer, this.smooth(peer, level)]));
    if (this.active !== null && !levels.has(this.active)) this.active = null;
    this.challenge();
    const audible = [...this.loudness].filter(([, loudness]) => loudness > QUIET).map(([peer]) => peer);
    return { active: this.active, audible: new Set(audible) };
  }

  /** Rises at once, falls slowly. */
  private smooth(peer: string, level: number): number {
    return Math.max(level, (this.loudness.get(peer) ?? 0) * MEMORY);
  }

  private challenge(): void {
    const [loudest] = [...this.loudness].sort(([, a], [, b]) => b - a);
    const floor = Math.max(QUIET, (this.loudness.get(this.active ?? "") ?? 0) * LOUDER);
    const challenger = loudest && loudest[0] !== this.active && loudest[1] > floor ? loudest[0] : null;
    this.rounds = challenger !== null && challenger === this.challenger ? this.rounds + 1 : 1;
    this.challenger = challenger;
    if (challenger === null || (this.active !== null && this.rounds < PERSISTENT)) return;
    this.active = challenger;
    this.challenger = null;
  }
}

const EVERY_MS = 200;

/** Judges again and again while somebody listens. */
export class ActiveSpeaker {
  private speaking = SILENCE;
  private judge = new SpeakerJudge();
  private timer: ReturnType<typeof setInterval> | undefined;
  private readonly listeners = new Set<() => void>();

  constructor(private readonly levels: () => Promise<ReadonlyMap<string, number>>) {}

  readonly get = (): Speaking => this.speaking;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    this.timer ??= setInterval(() => void this.listen(), EVERY_MS);
    return () => {
      this.listeners.delete(listener);
      if (this.listeners.size > 0) return;
      clearInterval(this.timer);
      this.timer = undefined;
      this.judge = new SpeakerJudge();
      this.speaking = SILENCE;
    };
  };

  private async listen(): Promise<void> {
    const { judge } = this;
    const levels = await this.levels();
    // Nobody listens any more.
    if (judge !== this.judge) return;
    const next = judge.judge(levels);
    if (same(this.speaking, next)) return;
    this.speaking = next;
    for (const listener of this.listeners) listener();
  }
}

const same = (a: Speaking, b: Speaking): boolean =>
  a.active === b.active && a.audible.size === b.audible.size && [...a.audible].every((peer) => b.audible.has(peer));
