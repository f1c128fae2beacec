import { expect, test } from "vitest";
import { announcements } from "../../src/app/announcements";
import type { RemotePeer, Status } from "../../src/sfu/store";

const peer = (displayName: string, screen = false): RemotePeer => ({
  peerId: displayName,
  displayName,
  media: screen ? [{ consumerId: "c", producerId: "p", source: "screen", track: {} as MediaStreamTrack, paused: false, layers: null }] : [],
});
const moment = (status: Status, ...peers: RemotePeer[]) => ({ status, room: "tea", peers });

test("entering says where one is and with whom", () => {
  expect(announcements(moment("joining"), moment("joined"))).toEqual(["You are in tea. Nobody else is here yet."]);
  const others = ["Bob", "Cem", "Dan", "Eve"].map((name) => peer(name));
  expect(announcements(moment("joining"), moment("joined", ...others))).toEqual(["You are in tea. Here with Bob, Cem and 2 others."]);
});

test("who comes, goes and shares is told", () => {
  expect(announcements(moment("joined"), moment("joined", peer("Bob"), peer("Cem")))).toEqual(["Bob and Cem joined."]);
  expect(announcements(moment("joined", peer("Bob")), moment("joined"))).toEqual(["Bob left."]);
  expect(announcements(moment("joined", peer("Bob")), moment("joined", peer("Bob", true)))).toEqual(["Bob shares a screen."]);
  expect(announcements(moment("joined", peer("Bob", true)), moment("joined", peer("Bob")))).toEqual(["Bob stopped sharing."]);
});

test("coming back after a loss tells that, and nothing of those who were there all along", () => {
  const away = moment("reconnecting", peer("Bob"));
  expect(announcements(moment("joined", peer("Bob")), away)).toEqual([]);
  expect(announcements(moment("reconnecting"), moment("joined", peer("Bob")))).toEqual(["You are back in the room."]);
});
