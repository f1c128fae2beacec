/** What the server tells without being asked: event → payload. */
import type { Notifications } from "./generated";

export type { Notifications };
export type NotificationName = keyof Notifications;
