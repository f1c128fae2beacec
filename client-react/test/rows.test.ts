import { expect, test } from "vitest";
import { rowsOf } from "../src/sfu/rows";
import { INITIAL } from "../src/sfu/store";

const track = (id: string) => ({ id }) as MediaStreamTrack;
const report = (...entries: { id: string }[]) => new Map(entries.map((one) => [one.id, one])) as unknown as RTCStatsReport;

test("each stream has a row that names its sender", () => {
  const media = { consumerId: "c", producerId: "p", source: "camera" as const, track: track("theirs"), paused: false };
  const state = {
    ...INITIAL,
    peers: [{ peerId: "bob", displayName: "Bob", media: [media] }],
    local: { ...INITIAL.local, tracks: { ...INITIAL.local.tracks, camera: track("mine") } },
  };
  const sending = report(
    { id: "s", type: "media-source", trackIdentifier: "mine" } as { id: string },
    { id: "o2", type: "outbound-rtp", kind: "video", mediaSourceId: "s", rid: "r1", bytesSent: 8 } as { id: string },
    { id: "o", type: "outbound-rtp", kind: "video", mediaSourceId: "s", rid: "r0", bytesSent: 7 } as { id: string },
  );
  const receiving = report(
    { id: "i", type: "inbound-rtp", kind: "video", trackIdentifier: "theirs", framesDecoded: 3 } as { id: string },
    { id: "probator", type: "inbound-rtp", kind: "video", trackIdentifier: "other" } as { id: string },
  );
  expect(rowsOf([sending, receiving], state)).toMatchObject([
    { direction: "sent", who: "You", source: "camera", rid: "r0", bytes: 7 },
    { direction: "sent", who: "You", source: "camera", rid: "r1", bytes: 8 },
    { direction: "received", who: "Bob", peerId: "bob", source: "camera", frames: 3 },
  ]);
});
