import { describe, expect, it } from "vitest";
import type { PeerDetail, PeerView, RoomView, WorkerView } from "../../src/admin/api";
import { Histories, LENGTH } from "../../src/admin/history";
import { peerKey, rowsOf, type Snapshot } from "../../src/admin/tree";

const worker = (index: number, state: WorkerView["state"] = "running"): WorkerView => ({ index, state, routers: 1, transports: 2, restarts: 0, busySeconds: 1 });
const room = (id: string, on: number | null): RoomView => ({ id, worker: on, peerCount: 1, producerCount: 1, consumerCount: 0 });
const peer = (id: string, roomId: string, displayName: string | null = null): PeerView =>
  ({ id, roomId, displayName, connected: true, transportCount: 1, producerCount: 1, consumerCount: 0 });

const at = (id: string, roomId: string, peerId: string) => ({ id, roomId, peerId });
const detail: PeerDetail = {
  ...peer("p1", "tea", "Ann"),
  transports: [{ ...at("t1", "tea", "p1"), direction: "send", iceState: "completed", dtlsState: "connected",
    stats: { receiveBitrate: 900, sendBitrate: 10, iceSelectedTuple: "192.0.2.7:5000" } }],
  producers: [{ ...at("v1", "tea", "p1"), transportId: "t1", kind: "video", codec: "VP8", display: true, paused: true, type: "simulcast",
    consumerCount: 2, stats: { bitrate: 800, lost: 0 } }],
  consumers: [],
};
const snapshot = (change: Partial<Snapshot> = {}): Snapshot => ({
  workers: [worker(0), worker(1, "stuck")],
  rooms: [room("tea", 0), room("coffee", 1), room("new", null)],
  peers: [peer("p1", "tea", "Ann"), peer("p2", "coffee", "Bob"), peer("p3", "coffee")],
  details: new Map(),
  loads: new Map([[0, 0.254]]),
  ...change,
});
const open = (...keys: string[]) => (key: string) => keys.includes(key);
const names = (...given: Parameters<typeof rowsOf>) => rowsOf(...given).map(({ depth, name }) => `${depth} ${name}`);

describe("the tree", () => {
  it("shows workers with their rooms, and rooms that have none yet", () => {
    expect(names(snapshot(), open(), "")).toEqual(["0 Worker 0", "1 tea", "0 Worker 1", "1 coffee", "1 new"]);
    expect(rowsOf(snapshot(), open(), "")[0]?.note).toBe("25 % busy · 1 router · 2 transports");
    expect(rowsOf(snapshot(), open(), "").map((row) => row.bad)).toEqual([false, false, true, false, false]);
  });

  it("shows what is open, down to what a peer sends", () => {
    const details = new Map([[peerKey("tea", "p1"), detail]]);
    const rows = rowsOf(snapshot({ details }), open("room:tea", peerKey("tea", "p1"), "worker:1"), "");
    expect(rows.map(({ depth, name }) => `${depth} ${name}`)).toEqual([
      "0 Worker 0", "1 tea", "2 Ann", "3 Transport, send", "4 Sends screen (video)", "0 Worker 1", "1 new",
    ]);
    expect(rows[3]?.note).toBe("ICE completed · DTLS connected · 192.0.2.7:5000");
    expect(rows[4]?.note).toBe("VP8 · paused · simulcast · 2 consumers");
    expect(rows[4]?.rates).toEqual({ receiveBitrate: 800, sendBitrate: 0 });
  });

  it("opens the way to what is searched for, and leaves the rest out", () => {
    expect(names(snapshot(), open(), "bob")).toEqual(["0 Worker 0", "0 Worker 1", "1 coffee", "2 Bob"]);
    expect(names(snapshot(), open(), "P3")).toEqual(["0 Worker 0", "0 Worker 1", "1 coffee", "2 p3"]);
    expect(names(snapshot(), open(), "COF")).toEqual(["0 Worker 0", "0 Worker 1", "1 coffee"]);
    expect(names(snapshot(), open(), "nobody")).toEqual(["0 Worker 0", "0 Worker 1"]);
  });

  it("is quick with ten thousand peers", () => {
    const peers = Array.from({ length: 10_000 }, (_, index) => peer(`p${index}`, "tea", `Guest ${index}`));
    expect(rowsOf(snapshot({ peers }), open("room:tea"), "")).toHaveLength(10_005);
    expect(names(snapshot({ peers }), open(), "guest 9999")).toEqual(["0 Worker 0", "1 tea", "2 Guest 9999", "0 Worker 1"]);
  });
});

describe("the lines of rates", () => {
  it("are as long as a minute, and forget what is gone", () => {
    const histories = new Histories();
    const look = (sendBitrate: number) => {
      const workers = [{ ...worker(0), rates: { receiveBitrate: 1, sendBitrate } }];
      histories.note(rowsOf(snapshot({ workers, rooms: [] }), open(), ""));
    };
    for (let bitrate = 0; bitrate < LENGTH + 5; bitrate++) look(bitrate);
    expect(histories.of("worker:0")).toHaveLength(LENGTH);
    expect(histories.of("worker:0").at(-1)).toBe(LENGTH + 5);
    histories.note([]);
    expect(histories.of("worker:0")).toEqual([]);
  });
});
