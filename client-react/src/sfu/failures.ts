/** What can go wrong, each with a sentence that says what happened and what to do. */

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

const BY_CODE: Record<string, string> = {
  "limit-peers": "This room is full. Try again later or pick another room.",
  "limit-rooms": "The server has no place for another room right now.",
  "limit-sockets": "Too many connections from your address. Close other tabs and try again.",
  unauthorized: "You are not allowed to enter this room.",
  timeout: "The server did not answer in time.",
  "rate-limited": "Too many requests in a short time. Wait a moment and try again.",
  disconnected: "The connection to the server was lost.",
};

const BY_DEVICE_ERROR: Record<string, string> = {
  NotAllowedError: "is blocked. Allow it in the browser's address bar, then try again.",
  SecurityError: "is only available on a secure (https) page.",
  NotFoundError: "was not found. Is one plugged in?",
  OverconstrainedError: "cannot do what was asked of it. Pick another one.",
  NotReadableError: "is in use by another program, or does not start.",
  AbortError: "did not start.",
};

/** Closing the browser's chooser is no fault; the browser does not tell it from a system that forbids. */
const SCREEN_REFUSED = "is not shared: none was chosen, or the system does not allow it.";

const nameOf = (error: unknown): string => (error instanceof Error ? error.name : "");

/** One sentence for a failed request or join. */
export function sentence(error: unknown): string {
  if (error instanceof RequestError) return BY_CODE[error.code] ?? asSentence(error.message);
  if (nameOf(error) === "UnsupportedError") return "This browser cannot take part in calls.";
  return error instanceof Error && error.message ? error.message : "Something went wrong.";
}

/** The server's own words, as a person writes them. */
const asSentence = (words: string): string => words.charAt(0).toUpperCase() + words.slice(1) + (/[.!?…]$/.test(words) ? "" : ".");

/** One sentence for a camera, microphone or screen that did not open. */
export function deviceSentence(device: string, error: unknown): string {
  if (device === "screen" && nameOf(error) === "NotAllowedError") return `The screen ${SCREEN_REFUSED}`;
  return `The ${device} ${BY_DEVICE_ERROR[nameOf(error)] ?? "could not be opened."}`;
}
