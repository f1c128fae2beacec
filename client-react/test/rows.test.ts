import { expect, test } from "vitest";
import { rated } from "../src/hooks/useStats";
import { type Row, rowsOf } from "../src/sfu/rows";
import { INITIAL } from "../src/sfu/store";

const track = (id: string) => ({ id }) as MediaStreamTrack;
const report = (...entries: { id: string }[]) => new Map(entries.map((one) => [one.id, one])) as unknown as RTCStatsReport;

test("each stream has a row that names its sender", () => {
  const media = { consumerId: "c", producerId: "p", source: "camera" as const, track: track("theirs"), paused: false, layers: null };
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

test("a row tells loss, delay, codec and layer", () => {
  const media = {
    consumerId: "c", producerId: "p", source: "camera" as const, track: track("theirs"), paused: false, layers: { spatial: 2, temporal: 1 },
  };
  const state = { ...INITIAL, peers: [{ peerId: "bob", displayName: "Bob", media: [media] }] };
  const stats = (id: string, members: object) => ({ id, ...members });
  const sending = report(
    stats("o", { type: "outbound-rtp", kind: "audio", packetsSent: 100, codecId: "opus" }),
    stats("r", { type: "remote-inbound-rtp", localId: "o", packetsLost: 4, roundTripTime: 0.025 }),
    stats("opus", { type: "codec", mimeType: "audio/opus" }),
  );
  const receiving = report(
    stats("i", { type: "inbound-rtp", kind: "video", trackIdentifier: "theirs", packetsReceived: 90, packetsLost: 10, framesPerSecond: 24 }),
    stats("p1", { type: "candidate-pair", nominated: false, currentRoundTripTime: 9 }),
    stats("p2", { type: "candidate-pair", nominated: true, currentRoundTripTime: 0.012 }),
  );
  expect(rowsOf([sending, receiving], state)).toMatchObject([
    { packets: 100, lost: 4, roundTripMs: 25, codec: "opus", layers: null },
    { packets: 90, lost: 10, roundTripMs: 12, framesPerSecond: 24, layers: { spatial: 2, temporal: 1 } },
  ]);
});

test("rates are of the time between two looks", () => {
  const [before, now] = [{ bytes: 1_000, packets: 10, lost: 1 }, { bytes: 3_000, packets: 28, lost: 3 }];
  const row = (counts: object, direction: string) => ({ direction, ...counts }) as Row;
  expect(rated(row(now, "received"), row(before, "received"), 500)).toMatchObject({ bitrate: 32_000, loss: 0.1 });
  expect(rated(row({ ...now, packets: 30 }, "sent"), row(before, "sent"), 500)).toMatchObject({ bitrate: 32_000, loss: 0.1 });
  expect(rated(row(before, "sent"), row(now, "sent"), 500)).toMatchObject({ bitrate: 0, loss: 0 });
});
