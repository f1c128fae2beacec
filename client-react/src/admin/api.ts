/** The operator's side of the REST interface (docs/protocol/openapi.json): what the page shows, and what it can do. */
import { checked } from "../broadcast/problem";

export interface Rates {
  /** Bits per second from clients. */
  receiveBitrate: number;
  /** Bits per second to clients. */
  sendBitrate: number;
}

export interface WorkerView {
  index: number;
  state: "running" | "restarting" | "stuck" | "bad";
  routers: number;
  transports: number;
  restarts: number;
  /** How long it was awake since the server started. */
  busySeconds: number;
  rates?: Rates | null;
}

export interface RoomView {
  id: string;
  worker?: number | null;
  peerCount: number;
  producerCount: number;
  consumerCount: number;
  rates?: Rates | null;
}

export interface PeerView {
  id: string;
  roomId: string;
  displayName?: string | null;
  connected: boolean;
  transportCount: number;
  producerCount: number;
  consumerCount: number;
  rates?: Rates | null;
}

interface Entity {
  id: string;
  roomId: string;
  peerId: string;
}

export interface TransportView extends Entity {
  direction: string;
  iceState: string;
  dtlsState: string;
  stats?: { receiveBitrate: number; sendBitrate: number; iceSelectedTuple?: string | null; roundTripTime?: number | null } | null;
}

interface MediaView extends Entity {
  transportId: string;
  kind: "audio" | "video";
  codec: string;
  display: boolean;
  paused: boolean;
  stats?: { bitrate?: number | null; lost: number } | null;
}

export interface ProducerView extends MediaView {
  type: string;
  consumerCount: number;
}

export interface ConsumerView extends MediaView {
  producerId: string;
  producerPeerId: string;
}

export interface PeerDetail extends PeerView {
  transports: TransportView[];
  producers: ProducerView[];
  consumers: ConsumerView[];
}

export interface BroadcastView {
  viewId: string;
  roomId: string;
  state: string;
  viewers: number;
}

interface Paged {
  total: number;
}

/** The most the server lists at once. */
const PAGE = 1_000;
/** More than that many objects of a kind are not listed: the page stays quick, and search finds the rest. */
const MOST = 5_000;

const path = (...parts: string[]): string => `/api/v1/${parts.map(encodeURIComponent).join("/")}`;

export class AdminApi {
  constructor(
    /** Empty: none. */
    readonly token: string,
    private readonly send: (url: string, init?: RequestInit) => Promise<Response> = (url, init) => fetch(url, init),
  ) {}

  async workers(): Promise<WorkerView[]> {
    return (await this.read<{ workers: WorkerView[] }>(path("workers"))).workers;
  }

  rooms(): Promise<RoomView[]> {
    return this.list("rooms");
  }

  peers(): Promise<PeerView[]> {
    return this.list("peers");
  }

  broadcasts(): Promise<BroadcastView[]> {
    return this.list("broadcasts");
  }

  peer(room: string, peer: string): Promise<PeerDetail> {
    return this.read<PeerDetail>(`${path("peers", peer)}?room=${encodeURIComponent(room)}`);
  }

  /** Everything known of one object, as the server writes it. */
  one(kind: "workers" | "rooms" | "transports" | "producers" | "consumers", id: string): Promise<unknown> {
    return this.read(path(kind, id));
  }

  closeProducer(id: string): Promise<void> {
    return this.act("DELETE", path("producers", id));
  }

  kick(room: string, peer: string): Promise<void> {
    return this.act("DELETE", path("rooms", room, "peers", peer));
  }

  closeRoom(room: string): Promise<void> {
    return this.act("DELETE", path("rooms", room));
  }

  /** To everybody in a room; to everybody at all without one. */
  notice(text: string, room?: string): Promise<void> {
    const where = room === undefined ? path("notice") : path("rooms", room, "notice");
    return this.act("POST", where, { message: text });
  }

  drain(): Promise<void> {
    return this.act("POST", path("drain"));
  }

  private async list<T>(kind: "rooms" | "peers" | "broadcasts"): Promise<T[]> {
    const all: T[] = [];
    for (;;) {
      const part = await this.read<Paged & Record<typeof kind, T[]>>(`${path(kind)}?limit=${PAGE}&offset=${all.length}`);
      all.push(...part[kind]);
      if (part[kind].length === 0 || all.length >= Math.min(part.total, MOST)) return all;
    }
  }

  private async read<T>(url: string): Promise<T> {
    return (await checked(await this.send(url, { headers: this.headers(), cache: "no-store" }))).json() as Promise<T>;
  }

  private async act(method: string, url: string, body?: object): Promise<void> {
    const headers = { ...this.headers(), ...(body && { "content-type": "application/json" }) };
    await checked(await this.send(url, { method, headers, ...(body && { body: JSON.stringify(body) }) }));
  }

  private headers(): Record<string, string> {
    return this.token === "" ? {} : { authorization: `Bearer ${this.token}` };
  }
}
