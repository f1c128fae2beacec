/** What the page knows, asked for every two seconds: lists of everything, and details of what is open. */
import { passingSentence, ProblemError } from "../broadcast/problem";
import type { AdminApi, BroadcastView, PeerDetail, WorkerView } from "./api";
import { Histories } from "./history";
import { type Row, rowsOf, type Snapshot } from "./tree";
import { refusedSentence } from "./words";

const POLL_MS = 2_000;

/** The server shows itself to its own machine, and at an address of its own. */
const ELSEWHERE = "This server does not show itself here: open the page on its own machine, or at the address of --admin-listen.";

export interface View {
  /** `null` before the first answer. */
  snapshot: Snapshot | null;
  broadcasts: readonly BroadcastView[];
  rows: readonly Row[];
  search: string;
  /** The server wants a token, or another. */
  locked: boolean;
  /** Why the token that was shown is not the one. */
  refused: string | null;
  problem: string | null;
}

const NOTHING: View = { snapshot: null, broadcasts: [], rows: [], search: "", locked: false, refused: null, problem: null };

export class Inspector {
  readonly histories = new Histories();
  private view = NOTHING;
  private readonly listeners = new Set<() => void>();
  /** Workers are in here when they were closed, everything else when it was opened. */
  private readonly toggled = new Set<string>();
  private before = { busy: new Map<number, number>(), at: 0 };
  private timer: ReturnType<typeof setTimeout> | undefined;
  private running = false;

  constructor(private readonly api: AdminApi) {}

  readonly get = (): View => this.view;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  start(): void {
    this.running = true;
    void this.poll();
  }

  stop(): void {
    this.running = false;
    clearTimeout(this.timer);
  }

  /** Asks now. */
  look(): void {
    clearTimeout(this.timer);
    void this.poll();
  }

  toggle(row: Row): void {
    if (!this.toggled.delete(row.key)) this.toggled.add(row.key);
    this.show({});
    if (row.kind === "peer" && this.toggled.has(row.key)) this.look();
  }

  search(search: string): void {
    this.show({ search });
  }

  private async poll(): Promise<void> {
    clearTimeout(this.timer);
    try {
      const [workers, rooms, peers, broadcasts] = await Promise.all([
        this.api.workers(), this.api.rooms(), this.api.peers(), this.api.broadcasts(),
      ]);
      const details = await this.details(this.view.rows);
      const loads = this.loads(workers);
      this.show({ snapshot: { workers, rooms, peers, details, loads }, broadcasts, locked: false, refused: null, problem: null });
      this.histories.note(this.view.rows);
    } catch (error) {
      if (error instanceof ProblemError && (error.status === 401 || error.status === 403)) {
        this.stop();
        this.show({ locked: true, refused: refusedSentence(error, this.api.token), problem: null });
        return;
      }
      const elsewhere = error instanceof ProblemError && error.status === 404;
      this.show({ locked: false, problem: elsewhere ? ELSEWHERE : passingSentence(error) });
    }
    if (this.running) this.timer = setTimeout(() => void this.poll(), POLL_MS);
  }

  /** How much of the time since the last look each worker was awake. */
  private loads(workers: readonly WorkerView[]): Map<number, number> {
    const { busy, at } = this.before;
    const now = performance.now();
    this.before = { busy: new Map(workers.map(({ index, busySeconds }) => [index, busySeconds])), at: now };
    const load = ({ index, busySeconds }: WorkerView): [number, number][] => {
      const before = busy.get(index);
      return before === undefined ? [] : [[index, Math.min(1, Math.max(0, (busySeconds - before) / ((now - at) / 1_000)))]];
    };
    return new Map(now > at ? workers.flatMap(load) : []);
  }

  /** Of the peers that are open; one that left meanwhile has none. */
  private async details(rows: readonly Row[]): Promise<Map<string, PeerDetail>> {
    const open = rows.filter((row) => row.kind === "peer" && this.toggled.has(row.key));
    const known = await Promise.all(open.map(async ({ key, roomId = "", id }): Promise<[string, PeerDetail | null]> => {
      const gone = (error: unknown) => {
        if (error instanceof ProblemError && error.status === 404) return null;
        throw error;
      };
      return [key, await this.api.peer(roomId, id).catch(gone)];
    }));
    return new Map(known.filter((entry): entry is [string, PeerDetail] => entry[1] !== null));
  }

  private show(change: Partial<View>): void {
    const view = { ...this.view, ...change };
    const rows = view.snapshot ? rowsOf(view.snapshot, (key) => this.toggled.has(key), view.search) : [];
    this.view = { ...view, rows };
    for (const listener of this.listeners) listener();
  }
}
