/** The broadcaster's side of the REST interface: get an id, see how it goes, stop. */
import { checked } from "./problem";

export interface VideoState {
  codec: string;
  /** Pixels, once a key frame told them. */
  width?: number | null;
  height?: number | null;
  /** Bits per second. */
  bitrate: number;
  /** Seconds, once two key frames came. */
  keyFrameInterval?: number | null;
  /** The encoder sends none when the server asks for one. */
  requestsKeyFramesInVain?: boolean;
}

export interface Broadcast {
  /** The secret: who knows it can broadcast. */
  id: string;
  /** What viewers are given; the secret cannot be made from it. */
  viewId: string;
  room: string;
  state: "waiting" | "live";
  viewers: number;
  startedAt: string | null;
  expiresAt: string | null;
  video: VideoState | null;
  audio: { codec: string; bitrate: number } | null;
}

const ROOT = "/api/v1/broadcasts";

const pathOf = (id: string): string => `${ROOT}/${encodeURIComponent(id)}`;

/** A new id. `token` is for servers that give ids only to some. */
export async function createBroadcast(token = ""): Promise<string> {
  const headers = { "content-type": "application/json", ...(token && { authorization: `Bearer ${token}` }) };
  const response = await checked(await fetch(ROOT, { method: "POST", headers, body: "{}" }));
  return ((await response.json()) as { id: string }).id;
}

export async function readBroadcast(id: string, signal: AbortSignal): Promise<Broadcast> {
  const response = await checked(await fetch(pathOf(id), { signal, cache: "no-store" }));
  return (await response.json()) as Broadcast;
}

/** Ends what is being broadcast; the id stays valid. */
export async function stopBroadcast(id: string): Promise<void> {
  await checked(await fetch(`${pathOf(id)}/stop`, { method: "POST" }));
}

/** What OBS is given. */
export const whipUrlOf = (id: string, page: string): string => new URL(`/whip/${encodeURIComponent(id)}`, page).href;

/** What viewers are given. */
export const viewUrlOf = (viewId: string, page: string): string => new URL(`/stream?id=${encodeURIComponent(viewId)}`, page).href;
