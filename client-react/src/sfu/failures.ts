/** What can go wrong, each with a sentence that says what happened and what to do. */
import type { ErrorCode } from "../protocol/types";

/** The server refused a request, or did not answer it. `code` is a word of protocol.md. */
export class RequestError extends Error {
  override readonly name = "RequestError";

  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

/** A transport was closed while it was used; the next try has another. To people it is nothing but the loss it follows. */
export class TransportGone extends RequestError {
  constructor() {
    super("disconnected", "the transport was closed meanwhile");
  }
}

/** The words of the protocol; `disconnected` is ours, for a server that cannot answer. */
const BY_CODE: Readonly<Record<ErrorCode | "disconnected", string>> = {
  "bad-request": "The server cannot use what it was sent. Check the room's name and yours, or reload the page, and try again.",
  "unknown-event": "The server is older than this page and cannot do that. Reload the page and try again.",
  "not-joined": "The connection to the room was lost.",
  "already-joined": "The server still has you in a room. Leaving it and trying again…",
  unauthorized: "You need an invitation to enter, or yours has expired. Ask for a new link.",
  forbidden: "Your invitation does not let you do that.",
  "not-found": "What was asked for is not in the room any more.",
  "cannot-consume": "Somebody sends a picture or sound that this browser cannot play.",
  "invalid-rtp-parameters": "The server cannot take what this browser sends.",
  "invalid-dtls-parameters": "This browser and the server found no way to encrypt sound and pictures. Update the browser and try again.",
  "already-connected": "The way for sound and pictures was opened twice. Leave and join again.",
  "limit-peers": "This room is full. Try again later or pick another room.",
  "limit-rooms": "The server has no place for another room right now.",
  "limit-transports": "The server allows no more connections for you. Leave and join again.",
  "limit-producers": "You are sending as many streams as the server allows.",
  "limit-consumers": "There are more streams in this room than you may receive.",
  "limit-sockets": "Too many connections from your address. Close other tabs and try again.",
  "limit-joins": "Too many people enter from your address at once. Wait a moment and try again.",
  "limit-requests": "Too many requests come from your address. Wait a moment and try again.",
  "limit-tokens": "Too many wrong invitations came from your address. Wait a minute and try again.",
  "rate-limited": "Too many requests in a short time. Wait a moment and try again.",
  timeout: "The server did not answer in time.",
  "room-closed": "The room was closed.",
  "server-draining": "The server is about to stop and opens no new rooms. Try again in a minute.",
  "worker-died": "The server's media process stopped and is being started again.",
  internal: "The server had a fault. Try again.",
  disconnected: "The connection to the server was lost.",
};

/** What is being done about a connection that is not there. */
export const MENDING = {
  unreachable: "The server cannot be reached. Trying again…",
  lost: "The connection to the server was lost. Reconnecting…",
  closed: "The server closed the room. Entering it again…",
  path: "No way was found for sound and pictures: a firewall or a VPN may block them. Trying again…",
} as const;

/** Said to who was taken out of the room. */
export const KICKED = "You were removed from the room by who operates the server.";

/** The server stops soon, in `seconds` at the latest. */
export const drainingSentence = (seconds: number): string =>
  `The server is about to restart. The call may pause within ${seconds < 90 ? `${seconds} seconds` : `${Math.round(seconds / 60)} minutes`}.`;

/** The connection is away; coming back mends what failed because of it. */
export const isAway = (error: unknown): boolean =>
  error instanceof RequestError && (error.code === "disconnected" || error.code === "not-joined");

/** The same request may succeed a moment later. */
export const isTransient = (error: unknown): boolean =>
  error instanceof TransportGone ||
  (error instanceof RequestError && ["timeout", "rate-limited", "internal"].includes(error.code));

/** Answers to a join that another try will not change; so is everything that is no answer. */
export const isFinal = (error: unknown): boolean =>
  !(error instanceof RequestError) ||
  [
    ...["limit-peers", "limit-rooms", "limit-sockets", "limit-tokens"],
    ...["unauthorized", "forbidden", "bad-request"],
  ].includes(error.code);

const BY_DEVICE_ERROR: Record<string, string> = {
  NotAllowedError: "is blocked. Allow it in the browser's address bar, then try again.",
  SecurityError: "is only available on a secure (https) page.",
  NotFoundError: "was not found. Is one plugged in?",
  OverconstrainedError: "cannot do what was asked of it. Pick another one.",
  NotReadableError: "is in use by another program, or does not start.",
  AbortError: "did not start.",
};

const UNPLUGGED = "stopped: it was unplugged or taken away. Plug it in, or pick another one.";

/** Closing the browser's chooser is no fault; the browser does not tell it from a system that forbids. */
const SCREEN_REFUSED = "is not shared: none was chosen, or the system does not allow it.";

/** To enter, more is needed than the token grants: it is mostly that of another room. */
const NOT_HERE = "Your invitation is not for this room. Check the room's name, or ask for a link to it.";

const CANNOT = "This browser cannot take part in calls.";

const nameOf = (error: unknown): string => (error instanceof Error ? error.name : "");

/** One sentence for a failed request or join. */
export function sentence(error: unknown): string {
  if (error instanceof RequestError) return isWord(error.code) ? BY_CODE[error.code] : asSentence(error.message);
  // What mediasoup-client throws where there is no WebRTC it knows.
  if (nameOf(error) === "UnsupportedError") return CANNOT;
  return error instanceof Error && error.message ? error.message : "Something went wrong.";
}

/** One sentence for a room that cannot be entered: what is no refusal is something the browser lacks. */
export function entrySentence(error: unknown): string {
  if (!(error instanceof RequestError)) return CANNOT;
  return error.code === "forbidden" ? NOT_HERE : sentence(error);
}

const isWord = (code: string): code is keyof typeof BY_CODE => Object.hasOwn(BY_CODE, code);

/** The words of a server newer than this page, as a person writes them. */
const asSentence = (words: string): string => words.charAt(0).toUpperCase() + words.slice(1) + (/[.!?…]$/.test(words) ? "" : ".");

/** One sentence for a device that stopped by itself. */
export const stoppedSentence = (device: string): string => `The ${device} ${UNPLUGGED}`;

/** Said to whose camera, microphone or screen was ended by who operates the server. */
export const endedSentence = (source: string): string => `An operator ended your ${source === "screen" ? "screen sharing" : source}.`;

/** One sentence for a camera, microphone or screen that did not open. */
export function deviceSentence(device: string, error: unknown): string {
  if (device === "screen" && nameOf(error) === "NotAllowedError") return `The screen ${SCREEN_REFUSED}`;
  return `The ${device} ${BY_DEVICE_ERROR[nameOf(error)] ?? "could not be opened."}`;
}
