/** The client without a framework: signalling, devices, transports, and staying in the room. */
import { RoomSession } from "./sfu/RoomSession";
import { watchPage } from "./sfu/page";
import { SignalingClient } from "./sfu/SignalingClient";
import { openSocket } from "./sfu/socket";
import type { Token } from "./sfu/token";

export interface SessionOptions {
  /** Where miso is, such as `https://sfu.example.org`; by default where the page comes from. */
  server?: string;
  /** What a server with `--require-token` asks for, or what gives it: a function is asked again at each connection. */
  token?: Token;
}

export interface Session extends RoomSession {
  /** Leaves, closes the connection and the devices, and listens to the page no more. */
  dispose: () => Promise<void>;
}

/** A session of this page; it connects when `join` is called, and leaves when the page goes away or at `dispose`. */
export function createSession({ server, token }: SessionOptions = {}): Session {
  const session = new RoomSession(new SignalingClient(openSocket(server, token)));
  const unwatch = watchPage(session);
  const dispose = async () => {
    unwatch();
    await session.leave();
  };
  return Object.assign(session, { dispose });
}

export { ActiveSpeaker, type Speaking, SpeakerJudge } from "./sfu/ActiveSpeaker";
export { canChooseSpeaker, canShareScreen, DeviceError, listDevices, openDevice, watchDevices } from "./sfu/devices";
export type { ChosenDevices, DeviceChoice, DeviceKind, DeviceList } from "./sfu/devices";
export { RequestError, sentence } from "./sfu/failures";
export type { LocalMedia } from "./sfu/LocalMedia";
export { watchLoudness } from "./sfu/loudness";
export { watchPage } from "./sfu/page";
export type { Platform } from "./sfu/platform";
export { RoomSession } from "./sfu/RoomSession";
export { type Row, rowsOf } from "./sfu/rows";
export { SignalingClient, type SocketLike } from "./sfu/SignalingClient";
export { openSocket } from "./sfu/socket";
export type { Layers, LocalMediaState, RemoteMedia, RemotePeer, State, Status, Store } from "./sfu/store";
export type { Token } from "./sfu/token";
export type { NotificationName, Notifications } from "./protocol/notifications";
export type { Answer, Payload, RequestName, Requests } from "./protocol/requests";
export type * from "./protocol/types";
