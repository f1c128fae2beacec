import { testFakeParameters as fake } from "mediasoup-client";
import { afterEach, expect, test, vi } from "vitest";
import { ActiveSpeaker, SpeakerJudge } from "../src/sfu/ActiveSpeaker";
import { LevelMeter } from "../src/sfu/levels";
import { loudnessOf } from "../src/sfu/loudness";
import { inRoom } from "./support/room";

const { encodings: [{ ssrc: SSRC } = {}] = [] } = fake.generateConsumerRemoteParameters({ codecMimeType: "audio/opus" }).rtpParameters;

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

/** A report of one stream. */
const report = (timestamp: number, sound: { totalAudioEnergy?: number; audioLevel?: number }) =>
  new Map([["a", { type: "inbound-rtp", ssrc: 1, timestamp, ...sound }]]) as unknown as RTCStatsReport;

test("the level is that of all sound since the report before, however short it was", () => {
  const meter = new LevelMeter();
  expect(meter.measure(report(0, { totalAudioEnergy: 3, audioLevel: 0.5 })).get(1)).toBe(0.5);
  expect(meter.measure(report(200, { totalAudioEnergy: 3.05, audioLevel: 0 })).get(1)).toBeCloseTo(0.5);
  expect(meter.measure(report(200, { totalAudioEnergy: 3.05, audioLevel: 0 })).get(1)).toBeCloseTo(0.5);
  expect(meter.measure(report(400, { totalAudioEnergy: 3.05, audioLevel: 0.9 })).get(1)).toBe(0);
  expect(meter.measure(report(600, { totalAudioEnergy: 9, audioLevel: 0 })).get(1)).toBe(1);
});

test("the level is that of the moment where the browser counts no energy", () => {
  const meter = new LevelMeter();
  expect([0, 200].map((at) => meter.measure(report(at, { audioLevel: 0.4 })).get(1))).toEqual([0.4, 0.4]);
});

test("who is muted is silent at once, and nothing is asked of the browser for it", async () => {
  const { socket, session, handlers, voice } = await inRoom();
  const ask = vi.fn(() => Promise.resolve(new Map([["a", { type: "inbound-rtp", ssrc: SSRC, timestamp: 1, audioLevel: 0.7 }]])));
  for (const handler of handlers) vi.spyOn(handler, "getTransportStats").mockImplementation(ask);
  expect(await session.audioLevels()).toEqual(new Map([["bob", 0.7]]));
  socket.tell("producer-paused", { producerId: voice.producerId, peerId: "bob" });
  expect(await session.audioLevels()).toEqual(new Map([["bob", 0]]));
  expect(ask).toHaveBeenCalledTimes(1);
  socket.tell("producer-resumed", { producerId: voice.producerId, peerId: "bob" });
  expect(await session.audioLevels()).toEqual(new Map([["bob", 0.7]]));
});

test("the meter is empty in silence, full at a shout, in between in speech", () => {
  const tone = (amplitude: number) => Float32Array.from({ length: 1_024 }, (_, at) => amplitude * Math.sin(at / 5));
  expect(loudnessOf(tone(0))).toBe(0);
  expect(loudnessOf(tone(1))).toBe(1);
  expect(loudnessOf(tone(0.02))).toBeGreaterThan(0.2);
  expect(loudnessOf(tone(0.02))).toBeLessThan(0.8);
});
