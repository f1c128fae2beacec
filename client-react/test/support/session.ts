/** A session with mediasoup-client's real Device over its fake handler, and tracks that need no hardware. */
import { Device, FakeHandler, testFakeParameters } from "mediasoup-client";
import { vi } from "vitest";
import type { Source } from "../../src/protocol/types";
import { RoomSession } from "../../src/sfu/RoomSession";
import { SignalingClient } from "../../src/sfu/SignalingClient";
import { FakeSocket } from "./FakeSocket";

const handlerFactory = FakeHandler.createFactory(testFakeParameters);

export class FakeTrack extends EventTarget {
  readonly id = crypto.randomUUID();
  readonly kind: string;
  readyState = "live";
  enabled = true;

  constructor(source: Source) {
    super();
    this.kind = source === "microphone" ? "audio" : "video";
  }

  getSettings() {
    return {};
  }

  stop(): void {
    this.readyState = "ended";
  }
}

export const openFake = (source: Source): Promise<MediaStreamTrack> =>
  Promise.resolve(new FakeTrack(source) as unknown as MediaStreamTrack);

export interface Bench {
  socket: FakeSocket;
  session: RoomSession;
  /** Waits until what is expected of the session has come true. */
  until: (check: () => void) => Promise<void>;
}

export function bench(openDevice = openFake): Bench {
  const socket = new FakeSocket();
  const session = new RoomSession(new SignalingClient(socket), {
    makeDevice: () => Promise.resolve(new Device({ handlerFactory })),
    openDevice,
  });
  return { socket, session, until: (check) => vi.waitFor(check, { timeout: 3_000, interval: 5 }) };
}
