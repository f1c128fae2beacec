import { afterEach, expect, test, vi } from "vitest";
import { ActiveSpeaker, SpeakerJudge } from "../src/sfu/ActiveSpeaker";
import { levelOf } from "../src/sfu/levels";
import { loudnessOf } from "../src/sfu/loudness";

afterEach(() => { vi.useRealTimers(); });

const levels = (ann: number, bob: number) => new Map([["ann", ann], ["bob", bob]]);

/** Judges the same levels several times, gives the last judgement. */
function judged(judge: SpeakerJudge, times: number, ann: number, bob: number) {
  for (let time = 1; time < times; time += 1) judge.judge(levels(ann, bob));
  return judge.judge(levels(ann, bob));
}

test("who speaks first has the floor at once", () => {
  expect(judged(new SpeakerJudge(), 1, 0.3, 0)).toMatchObject({ active: "ann" });
});

test("nobody has the floor while all are quiet", () => {
  expect(judged(new SpeakerJudge(), 5, 0.01, 0.01)).toEqual({ active: null, audible: new Set() });
});

test("a cough does not take the floor, speech does", () => {
  const judge = new SpeakerJudge();
  judged(judge, 10, 0.3, 0);
  judged(judge, 10, 0, 0);
  expect(judged(judge, 1, 0, 0.9)).toMatchObject({ active: "ann", audible: new Set(["bob"]) });
  expect(judged(judge, 3, 0, 0.9)).toMatchObject({ active: "bob" });
});

test("the floor stays with who had it in a silence, and while both are as loud", () => {
  const judge = new SpeakerJudge();
  judged(judge, 3, 0.3, 0);
  expect(judged(judge, 20, 0, 0)).toEqual({ active: "ann", audible: new Set() });
  expect(judged(judge, 20, 0.3, 0.35)).toMatchObject({ active: "ann", audible: new Set(["ann", "bob"]) });
});

test("who left has no floor", () => {
  const judge = new SpeakerJudge();
  judged(judge, 3, 0.3, 0);
  expect(judge.judge(new Map([["bob", 0]]))).toMatchObject({ active: null });
});

test("levels are asked for only while somebody listens", async () => {
  vi.useFakeTimers();
  const ask = vi.fn(() => Promise.resolve(levels(0.3, 0)));
  const speaker = new ActiveSpeaker(ask);
  const told = vi.fn();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(ask).not.toHaveBeenCalled();
  const stop = speaker.subscribe(told);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(speaker.get().active).toBe("ann");
  expect(told).toHaveBeenCalledTimes(1);
  stop();
  const { calls } = ask.mock;
  const before = calls.length;
  await vi.advanceTimersByTimeAsync(1_000);
  expect(calls).toHaveLength(before);
  expect(speaker.get().active).toBeNull();
});

test("the level comes from the receiver, or else from statistics", async () => {
  const report = (level: number) => () => Promise.resolve(new Map([["a", { type: "inbound-rtp", audioLevel: level }]]) as unknown as RTCStatsReport);
  const heard = (audioLevel?: number) => ({
    getSynchronizationSources: () => [{ source: 1, timestamp: 0, rtpTimestamp: 0, ...(audioLevel !== undefined && { audioLevel }) }],
  });
  expect(await levelOf({ rtpReceiver: heard(0.4), getStats: report(0.9) })).toBe(0.4);
  expect(await levelOf({ rtpReceiver: heard(), getStats: report(0.9) })).toBe(0.9);
  expect(await levelOf({ rtpReceiver: undefined, getStats: () => Promise.reject(new Error("closed")) })).toBe(0);
});

test("the meter is empty in silence, full at a shout, in between in speech", () => {
  const tone = (amplitude: number) => Float32Array.from({ length: 1_024 }, (_, at) => amplitude * Math.sin(at / 5));
  expect(loudnessOf(tone(0))).toBe(0);
  expect(loudnessOf(tone(1))).toBe(1);
  expect(loudnessOf(tone(0.02))).toBeGreaterThan(0.2);
  expect(loudnessOf(tone(0.02))).toBeLessThan(0.8);
});
