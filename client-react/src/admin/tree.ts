/** The tree of everything, as the rows that are open: worker, room, peer, transport, producer and consumer. */
import type { PeerDetail, PeerView, Rates, RoomView, WorkerView } from "./api";

export interface Snapshot {
  workers: readonly WorkerView[];
  rooms: readonly RoomView[];
  peers: readonly PeerView[];
  /** Those that are open, by `keyOf`. */
  details: ReadonlyMap<string, PeerDetail>;
  /** How much of the time each worker is awake, by its number; known from the second look on. */
  loads: ReadonlyMap<number, number>;
}

export type Kind = "worker" | "room" | "peer" | "transport" | "producer" | "consumer";

export interface Row {
  /** Tells it from every other. */
  key: string;
  kind: Kind;
  id: string;
  /** Where it is; absent above rooms. */
  roomId?: string;
  peerId?: string;
  depth: number;
  name: string;
  note: string;
  rates: Rates | null;
  /** Its children are shown, or not; `null`: it has none. */
  open: boolean | null;
  /** Something about it needs looking at. */
  bad: boolean;
}

const NO_ROOMS: readonly RoomView[] = [];

export const peerKey = (room: string, peer: string): string => `peer:${room}/${peer}`;

const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? "" : "s"}`;
const joined = (...parts: (string | false)[]): string => parts.filter((part) => part !== false && part !== "").join(" · ");

const grouped = <T, K>(all: readonly T[], by: (one: T) => K): Map<K, T[]> => {
  const groups = new Map<K, T[]>();
  for (const one of all) {
    const group = groups.get(by(one));
    if (group) group.push(one);
    else groups.set(by(one), [one]);
  }
  return groups;
};

/** The rows to show. While something is searched for, the way to each place it is found at is open. */
export function rowsOf(snapshot: Snapshot, isOpen: (key: string) => boolean, search: string): Row[] {
  const wanted = search.trim().toLowerCase();
  const found = (text: string): boolean => wanted === "" || text.toLowerCase().includes(wanted);
  const peersIn = grouped(snapshot.peers, (peer) => peer.roomId);
  const roomsOn = grouped(snapshot.rooms, (room) => room.worker ?? null);
  const rows: Row[] = [];

  const addPeer = (peer: PeerView) => {
    const key = peerKey(peer.roomId, peer.id);
    const detail = isOpen(key) ? snapshot.details.get(key) : undefined;
    rows.push(peerRow(peer, key, isOpen(key)));
    if (detail) rows.push(...mediaRows(detail));
  };
  const addRoom = (room: RoomView) => {
    const peers = peersIn.get(room.id) ?? [];
    const whole = found(room.id);
    const shown = whole ? peers : peers.filter((peer) => found(peer.id) || found(peer.displayName ?? ""));
    if (!whole && shown.length === 0) return;
    const key = `room:${room.id}`;
    const open = isOpen(key) || (wanted !== "" && !whole);
    rows.push(roomRow(room, key, open));
    if (open) shown.forEach(addPeer);
  };
  for (const worker of snapshot.workers) {
    const key = `worker:${worker.index}`;
    // Open unless closed by hand: that is what the page is for.
    const open = !isOpen(key) || wanted !== "";
    const rooms = roomsOn.get(worker.index) ?? NO_ROOMS;
    rows.push(workerRow(worker, key, rooms.length === 0 ? null : open, snapshot.loads.get(worker.index)));
    if (open) rooms.forEach(addRoom);
  }
  (roomsOn.get(null) ?? NO_ROOMS).forEach(addRoom);
  return rows;
}

function workerRow(worker: WorkerView, key: string, open: boolean | null, load: number | undefined): Row {
  const note = joined(worker.state !== "running" && worker.state, load !== undefined && `${Math.round(load * 100)} % busy`, counted(worker.routers, "router"), counted(worker.transports, "transport"),
    worker.restarts > 0 && counted(worker.restarts, "restart"));
  return { key, kind: "worker", id: String(worker.index), depth: 0, name: `Worker ${worker.index}`, note, rates: worker.rates ?? null, open,
    bad: worker.state !== "running" };
}

function roomRow(room: RoomView, key: string, open: boolean): Row {
  const note = joined(counted(room.peerCount, "peer"), counted(room.producerCount, "producer"), counted(room.consumerCount, "consumer"));
  return { key, kind: "room", id: room.id, roomId: room.id, depth: 1, name: room.id, note, rates: room.rates ?? null, open, bad: false };
}

function peerRow(peer: PeerView, key: string, open: boolean): Row {
  const note = joined(!peer.connected && "connection lost", `${peer.producerCount} sent`, `${peer.consumerCount} received`);
  const has = peer.transportCount + peer.producerCount + peer.consumerCount > 0;
  return { key, kind: "peer", id: peer.id, roomId: peer.roomId, peerId: peer.id, depth: 2, name: peer.displayName ?? peer.id, note,
    rates: peer.rates ?? null, open: has ? open : null, bad: !peer.connected };
}

/** Transports, each with what is on it. */
function mediaRows(peer: PeerDetail): Row[] {
  const at = { roomId: peer.roomId, peerId: peer.id, open: null };
  return peer.transports.flatMap((transport) => {
    const connected = transport.dtlsState === "connected";
    const { stats } = transport;
    const rates = stats ? { receiveBitrate: stats.receiveBitrate, sendBitrate: stats.sendBitrate } : null;
    const note = joined(`ICE ${transport.iceState}`, `DTLS ${transport.dtlsState}`, stats?.iceSelectedTuple ?? false);
    return [
      { ...at, key: `transport:${transport.id}`, kind: "transport" as const, id: transport.id, depth: 3,
        name: `Transport, ${transport.direction}`, note, rates, bad: !connected },
      ...peer.producers.filter((one) => one.transportId === transport.id).map((one) => ({
        ...at, key: `producer:${one.id}`, kind: "producer" as const, id: one.id, depth: 4, name: `Sends ${source(one)}`,
        note: joined(one.codec, one.paused && "paused", one.type !== "simple" && one.type, counted(one.consumerCount, "consumer")),
        rates: one.stats ? { receiveBitrate: one.stats.bitrate ?? 0, sendBitrate: 0 } : null, bad: false,
      })),
      ...peer.consumers.filter((one) => one.transportId === transport.id).map((one) => ({
        ...at, key: `consumer:${one.id}`, kind: "consumer" as const, id: one.id, depth: 4, name: `Receives ${source(one)}`,
        note: joined(one.codec, (one.paused && "paused")),
        rates: one.stats ? { receiveBitrate: 0, sendBitrate: one.stats.bitrate ?? 0 } : null, bad: false,
      })),
    ];
  });
}

const source = ({ kind, display }: { kind: string; display: boolean }): string => (display ? `screen (${kind})` : kind);
