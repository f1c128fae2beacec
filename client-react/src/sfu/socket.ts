/** The real socket. The only file that knows socket.io. */
import { io } from "socket.io-client";
import { DIALECT, NAMESPACE } from "../protocol/connection";
import type { SocketLike } from "./SignalingClient";

/** A socket to the server this page came from; it connects when asked to. */
export function openSocket(): SocketLike {
  return io(NAMESPACE, {
    query: { dialect: DIALECT },
    transports: ["websocket", "polling"],
    tryAllTransports: true,
    autoConnect: false,
    reconnectionDelay: 500,
    reconnectionDelayMax: 3_000,
  });
}
