import { expect, test } from "vitest";
import { durationWords, keyFrameAdvice } from "../../src/broadcast/words";

const VIDEO = { codec: "H264", bitrate: 1 };

test("durations", () => {
  expect([0, 61_000, 3_600_000, 36_061_000, -5].map(durationWords)).toEqual(["0:00", "1:01", "1:00:00", "10:01:01", "0:00"]);
});

test("above four seconds between key frames it is said what to set", () => {
  expect(keyFrameAdvice(VIDEO)).toBeNull();
  expect(keyFrameAdvice({ ...VIDEO, keyFrameInterval: 4 })).toBeNull();
  expect(keyFrameAdvice({ ...VIDEO, keyFrameInterval: 8.33 })).toMatch(/every 8\.3\s.*Keyframe Interval to 1 or 2 s/);
  expect(keyFrameAdvice({ ...VIDEO, keyFrameInterval: 10, requestsKeyFramesInVain: true })).toContain("sends none when it is asked");
});
