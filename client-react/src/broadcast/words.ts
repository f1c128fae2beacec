/** What the two pages say, apart from how it looks. */
import type { VideoState } from "./api";
import type { Watching } from "./whep";

export interface Message {
  title: string;
  text: string;
  /** Something is being done about it. */
  busy?: boolean;
  /** What the viewer can do. */
  action?: string;
}

/** What stands in the way of the picture; `null` when nothing does. */
export function messageOf({ status, problem }: Pick<Watching, "status" | "problem">): Message | null {
  switch (status) {
    case "connecting":
      return { title: "Connecting", text: problem ?? "", busy: true };
    case "waiting":
      return { title: "Not live yet", text: problem ?? "It starts here by itself when the broadcast begins.", busy: true };
    case "ended":
      return { title: "The broadcast has ended", text: problem ?? "It starts again by itself when it returns." };
    case "evicted":
      return {
        title: "You were replaced by a newer viewer",
        text: "Too many are watching at once, and those who came first make room.",
        action: "Watch again",
      };
    case "unknown":
      return { title: "No such broadcast", text: "Its id is wrong or has expired. Ask the broadcaster for a new link.", action: "Try again" };
    case "refused":
      return { title: "This cannot be watched here", text: problem ?? "", action: "Try again" };
    case "live":
      return null;
  }
}

/** For an address without an id. */
export const NO_ID: Message = { title: "No such broadcast", text: "This address names no broadcast. Ask the broadcaster for the whole link." };

export const viewersWords = (viewers: number): string => `${viewers} watching`;

/** `1:02:03`, or `2:03` in the first hour. */
export function durationWords(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1_000));
  const parts = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60, seconds % 60];
  const [head = 0, ...rest] = parts[0] === 0 ? parts.slice(1) : parts;
  return [String(head), ...rest.map((part) => String(part).padStart(2, "0"))].join(":");
}

/** Key frames further apart than this keep new viewers and viewers with losses waiting. */
const LONG_INTERVAL_S = 4;

/** One sentence or two about what the encoder is set to, and what would be better. */
export function keyFrameAdvice({ keyFrameInterval, requestsKeyFramesInVain = false }: VideoState): string | null {
  if (!keyFrameInterval || keyFrameInterval <= LONG_INTERVAL_S) return null;
  const wait = requestsKeyFramesInVain ? "the encoder sends none when it is asked, so " : "";
  return `Key frames come every ${secondsWords(keyFrameInterval)}: ${wait}a viewer who loses packets waits that long for a picture. Set Settings → Output → Keyframe Interval to 1 or 2 s.`;
}

export const secondsWords = (seconds: number): string => `${Number(seconds.toFixed(1))}\u00a0s`;
