/** How a native client introduces itself. */
export const NAMESPACE = "/mediasoup";
export const DIALECT = "native";

/** A request unanswered for this long has failed; the server promises an answer within 10 s. */
export const REQUEST_TIMEOUT_MS = 12_000;

/** Where a page that goes away says who it was: the peer with this token leaves. */
export const GOODBYE = "/goodbye";
export interface Goodbye {
  roomName: string;
  resumeToken: string;
}
