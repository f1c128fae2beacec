/** Where a stream comes from, said in the words of any frontend. */
import type { ConsumerInfo, Source } from "../protocol/types";

const SOURCES: readonly unknown[] = ["microphone", "camera", "screen"] satisfies Source[];

/** Where frontends say it, and their words for a shared screen: those that the server knows (`captures_display`). */
const MEMBERS = ["source", "mediaTag", "mode", "mediaType", "type"] as const;
const SCREENS: readonly unknown[] = ["screen", "display", "share_screen", "screenshare", "screen-share"];

/** What is not said is a microphone or a camera. */
export function sourceOf({ appData, kind }: Pick<ConsumerInfo, "appData" | "kind">): Source {
  if (MEMBERS.some((member) => SCREENS.includes(appData?.[member]))) return "screen";
  const source = appData?.["source"];
  if (SOURCES.includes(source)) return source as Source;
  return kind === "audio" ? "microphone" : "camera";
}
