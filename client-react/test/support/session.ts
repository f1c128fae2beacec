/** A session with mediasoup-client's real Device over its fake handler, and tracks that need no hardware. */
import { Device, FakeHandler, testFakeParameters } from "mediasoup-client";
import { vi } from "vitest";
import type { DeviceList, openDevice as openReal } from "../../src/sfu/devices";
import type { Source } from "../../src/protocol/types";
import { RoomSession } from "../../src/sfu/RoomSession";
import { SignalingClient } from "../../src/sfu/SignalingClient";
import { FakeSocket } from "./FakeSocket";

export class FakeTrack extends EventTarget {
  readonly id = crypto.randomUUID();
  readonly kind: string;
  readyState = "live";
  enabled = true;

  contentHint = "";

  constructor(readonly source: Source) {
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

const one = (id: string) => [{ id, label: `The ${id}` }];
const DEVICES: DeviceList = { microphone: one("microphone"), camera: one("camera"), speaker: one("speaker") };

export const openFake = (source: Source): Promise<MediaStreamTrack> =>
  Promise.resolve(new FakeTrack(source) as unknown as MediaStreamTrack);

export interface Bench {
  socket: FakeSocket;
  session: RoomSession;
  /** What mediasoup-client uses in place of a browser's connections, in the order they were made. */
  handlers: FakeHandler[];
  /** The STUN and TURN servers each was given. */
  iceServers: unknown[];
  /** Waits until what is expected of the session has come true. */
  until: (check: () => void) => Promise<void>;
}

export function bench(openDevice: typeof openReal = openFake): Bench {
  const socket = new FakeSocket();
  const handlers: FakeHandler[] = [];
  const iceServers: unknown[] = [];
  const keep = (handler: unknown) => {
    if (handler instanceof FakeHandler) handlers.push(handler);
  };
  const fake = FakeHandler.createFactory(testFakeParameters);
  const factory: typeof fake.factory = (options) => {
    const handler = fake.factory(options);
    keep(handler);
    iceServers.push(options.iceServers);
    return handler;
  };
  const session = new RoomSession(new SignalingClient(socket), {
    makeDevice: () => Promise.resolve(new Device({ handlerFactory: { ...fake, factory } })),
    openDevice,
    listDevices: () => Promise.resolve(DEVICES),
  });
  return { socket, session, handlers, iceServers, until: (check) => vi.waitFor(check, { timeout: 3_000, interval: 5 }) };
}
