/** The objects of protocol.md. They hold what travels; nothing here does anything. */
export type * from "./generated";

/** Where a stream comes from; it travels in `appData`, so a foreign frontend may leave it out. */
export type Source = "microphone" | "camera" | "screen";
