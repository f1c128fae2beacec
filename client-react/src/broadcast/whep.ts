/** Watching a broadcast: one WHEP session after another, for as long as somebody watches. Knows no React. */
import { mayPass, passingSentence, ProblemError, problemSentence } from "./problem";
import { type WhepEvent, type WhepPlatform, WhepSession } from "./WhepSession";

export type WatchStatus =
  /** The server is being asked, or a path to it looked for. */
  | "connecting"
  /** The broadcast has not begun; it starts by itself. */
  | "waiting"
  | "live"
  /** The broadcaster is gone; it starts again by itself. */
  | "ended"
  /** The server gave this place to another viewer. Coming back by ourselves would take the next one's place. */
  | "evicted"
  /** Nobody knows the id. */
  | "unknown"
  /** The server said no, and would say it again. */
  | "refused";

export interface Watching {
  status: WatchStatus;
  /** What plays. The last picture stays until another connection brings the next. */
  stream: MediaStream | null;
  viewers: number | null;
  /** What is wrong, in a sentence; `null` when nothing is. */
  problem: string | null;
}

const INITIAL: Watching = { status: "connecting", stream: null, viewers: null, problem: null };

const BROWSER: WhepPlatform = {
  fetch: (...request) => fetch(...request),
  makeConnection: () => new RTCPeerConnection({ bundlePolicy: "max-bundle" }),
  makeEvents: (url) => new EventSource(url),
};

const LOST = "The connection to the server was lost. Reconnecting…";

/** A server that lets nobody wait is asked again this often. */
const POLL_MS = 3_000;
/** Waits between tries, and up to a third more: who lost the server together does not come back together. */
const BACK_OFF_MS = [1_000, 2_000, 4_000, 8_000, 15_000] as const;
/** A server that says nothing of the broadcaster and sends nothing either has nobody to show. */
const SILENCE_MS = 2_000;

export const whepEndpoint = (id: string): string => new URL(`/whep/${encodeURIComponent(id)}`, location.href).href;

export class WhepClient {
  private state = INITIAL;
  private readonly listeners = new Set<() => void>();
  private session: WhepSession | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private silence: ReturnType<typeof setTimeout> | undefined;
  private tries = 0;
  private connected = false;
  /** Whether the broadcaster is there; `null` until somebody says so. */
  private active: boolean | null = null;
  private wasLive = false;

  constructor(
    private readonly endpoint: string,
    private readonly platform: WhepPlatform = BROWSER,
  ) {}

  readonly get = (): Watching => this.state;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => { this.listeners.delete(listener); };
  };

  /** Watches from now on; also after `close`, an eviction or a refusal. */
  readonly start = (): void => {
    if (this.session) return;
    clearTimeout(this.timer);
    this.tries = 0;
    this.active = null;
    this.set({ status: "connecting", problem: null });
    void this.dial();
  };

  /** Stops watching and says goodbye. */
  close(): void {
    clearTimeout(this.timer);
    this.leave();
  }

  /** Watches for as long as the page is shown; comes back when the browser brings it back from its cache. */
  watchIn(page: Window): () => void {
    const ending = new AbortController();
    const { signal } = ending;
    page.addEventListener("pagehide", () => { this.close(); }, { signal });
    page.addEventListener("pageshow", ({ persisted }) => { if (persisted) this.start(); }, { signal });
    this.start();
    return () => {
      ending.abort();
      this.close();
    };
  }

  private set(change: Partial<Watching>): void {
    this.state = { ...this.state, ...change };
    this.listeners.forEach((listener) => { listener(); });
  }

  private async dial(): Promise<void> {
    const session = new WhepSession(this.endpoint, this.platform, (event) => {
      if (this.session === session) this.heard(event);
    });
    this.session = session;
    try {
      await session.open();
      if (this.session === session) this.set({ problem: null });
    } catch (error) {
      if (this.session === session) this.failed(error);
    }
  }

  private leave(options?: { gone: boolean }): void {
    this.session?.close(options);
    this.session = null;
    this.connected = false;
    clearTimeout(this.silence);
  }

  private dialAgain(afterMs?: number): void {
    const pause = BACK_OFF_MS[Math.min(this.tries, BACK_OFF_MS.length - 1)] ?? 0;
    this.tries += 1;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => { void this.dial(); }, afterMs ?? pause * (1 + Math.random() / 3));
  }

  private heard(event: WhepEvent): void {
    switch (event.type) {
      case "stream":
        if (this.state.stream === null) this.set({ stream: event.stream });
        return;
      case "flowing":
        if (this.state.stream !== event.stream) this.set({ stream: event.stream });
        this.active ??= true;
        this.judge();
        return;
      case "connected":
        this.connected = true;
        this.tries = 0;
        this.judge();
        return;
      case "active":
      case "inactive":
        this.active = event.type === "active";
        this.judge();
        return;
      case "viewers":
        this.set({ viewers: event.viewers });
        return;
      case "ended":
        this.ended(event.reason);
        return;
      case "failed":
        this.lost();
    }
  }

  /** What is seen now, from who is there and what is connected. */
  private judge(): void {
    clearTimeout(this.silence);
    if (this.active === false) {
      this.set({ status: this.absent(), problem: null });
    } else if (this.connected && this.active) {
      this.wasLive = true;
      this.set({ status: "live", problem: null });
    } else if (this.connected) {
      this.silence = setTimeout(() => { this.set({ status: this.absent() }); }, SILENCE_MS);
    }
  }

  private absent(): "waiting" | "ended" {
    return this.wasLive ? "ended" : "waiting";
  }

  private ended(reason: string): void {
    this.leave({ gone: true });
    // A try that was about to be made would take somebody else's place.
    clearTimeout(this.timer);
    if (reason === "evicted") {
      this.set({ status: "evicted", viewers: null, problem: null });
      return;
    }
    this.active = false;
    this.set({ status: this.absent(), viewers: null, problem: null });
    this.dialAgain();
  }

  private lost(): void {
    this.leave();
    if (this.active !== false) {
      this.active = null;
      this.set({ status: "connecting", problem: LOST });
    }
    this.dialAgain();
  }

  private failed(error: unknown): void {
    this.leave();
    const status = error instanceof ProblemError ? error.status : null;
    const retryAfterMs = (error instanceof ProblemError ? error.retryAfterMs : null) ?? undefined;
    if (status === 409) {
      this.active = false;
      this.set({ status: this.absent(), viewers: null, problem: null });
      this.dialAgain(retryAfterMs ?? POLL_MS);
    } else if (mayPass(error)) {
      this.set({ problem: passingSentence(error) });
      this.dialAgain(retryAfterMs);
    } else {
      this.set({ status: status === 404 ? "unknown" : "refused", viewers: null, problem: problemSentence(error) });
    }
  }
}
