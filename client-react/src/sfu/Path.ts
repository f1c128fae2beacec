/** Whether media finds a way to the server in one direction: when people are told that it does not, and how long to wait. */

/** One failure is nothing: networks change. */
const TOLD_AFTER = 2;
/** Before the next try, by the number of those that failed; then always the last. */
const WAIT_MS = [0, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000];

export class Path {
  private failures = 0;
  /** Ends the waits before the next try. */
  private readonly waiting = new Set<() => void>();

  /** `tell` hears that there is no way, and that there is one again; each once. */
  constructor(private readonly tell: (missing: boolean) => void) {}

  found(): void {
    if (this.failures >= TOLD_AFTER) this.tell(false);
    this.failures = 0;
  }

  /** One more try failed; gives how long to wait before the next. */
  failed(): number {
    this.failures += 1;
    if (this.failures === TOLD_AFTER) this.tell(true);
    return WAIT_MS[this.failures - 1] ?? WAIT_MS.at(-1) ?? 0;
  }

  /** Waits as long as `failed` said, or until there is a reason to try at once. */
  wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const go = () => {
        clearTimeout(timer);
        this.waiting.delete(go);
        resolve();
      };
      const timer = setTimeout(go, ms);
      this.waiting.add(go);
    });
  }

  /** Another network may have a way where the last one had none: the next try is made now, and the waits begin short. */
  hurry(): void {
    this.failures = Math.min(this.failures, TOLD_AFTER);
    for (const go of this.waiting) go();
  }
}
