/** The real socket. The only file that knows socket.io. */
import { io } from "socket.io-client";
import { DIALECT, NAMESPACE } from "../protocol/connection";
import type { SocketLike } from "./SignalingClient";
import { authOf, type Token } from "./token";

/** A socket to a server, by default the one this page came from; it connects when asked to, and shows a token if there is one. */
export function openSocket(server = "", token?: Token): SocketLike {
  const socket = io(server + NAMESPACE, {
    query: { dialect: DIALECT },
    auth: authOf(token),
    transports: ["websocket", "polling"],
    tryAllTransports: true,
    autoConnect: false,
    // Each session has a connection of its own.
    forceNew: true,
    reconnectionDelay: 500,
    reconnectionDelayMax: 3_000,
  });
  return {
    get connected() {
      return socket.connected;
    },
    connect: () => socket.connect(),
    disconnect: () => socket.disconnect(),
    emit: (event, ...args) => socket.emit(event, ...args),
    drop: () => socket.io.engine.close(),
    // Plain text, which needs no leave of another origin's server.
    post: (path, text) => navigator.sendBeacon(new URL(path, new URL(server, location.href)), text),
    on: (event, handler) => socket.on(event, handler as (...args: unknown[]) => void),
  };
}
