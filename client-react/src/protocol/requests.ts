/** What the client asks: event → [payload, answer]. Only this folder writes event names. */
import type { Requests } from "./generated";

export type { Requests };
export type RequestName = keyof Requests;
export type Payload<E extends RequestName> = Requests[E][0];
export type Answer<E extends RequestName> = Requests[E][1];
