// What a receiver really got, from its browser's own statistics.
import { until } from "./wait.mjs";

/** Energy that is more than that of a silent microphone, which gathers a billionth in a second; a fake one a hundredth. */
const SOUND = 1e-5;

/** `inbound-rtp` entries of one kind. */
export const inbound = (reports, kind) => reports.filter((one) => one.type === "inbound-rtp" && one.kind === kind);

/** Waits until frames are decoded and sound that is not silence was heard, then sees both rise once more. */
export async function assertSeesAndHears(what, reports, { streams = 1, kinds = ["video", "audio"] } = {}) {
  const got = { video: ({ framesDecoded }) => framesDecoded, audio: ({ totalAudioEnergy }) => totalAudioEnergy };
  const more = { video: 5, audio: SOUND };
  const alive = (all, kind) => inbound(all, kind).filter((one) => got[kind](one) > more[kind]);
  const playing = async () => {
    const all = await reports();
    return kinds.every((kind) => alive(all, kind).length >= streams) && all;
  };
  const before = await until(`${what}: ${streams} of each of ${kinds}`, playing);
  await until(`${what}: frames and sound rising`, async () => {
    const all = await reports();
    return kinds.every((kind) => {
      const now = new Map(inbound(all, kind).map((one) => [one.ssrc, got[kind](one)]));
      return alive(before, kind).every((one) => now.get(one.ssrc) > got[kind](one) + more[kind]);
    });
  });
}

/** Waits until every picture is lighter than black and another one than it was. */
export async function assertMoves(what, pictures) {
  const first = await until(`${what}: pictures`, async () => {
    const all = await pictures();
    return all.length > 0 && all.every(({ lightest }) => lightest > 40) && all;
  });
  await until(`${what}: pictures that move`, async () => {
    const now = await pictures();
    return first.every(({ print }, at) => now[at] && now[at].print !== print);
  });
}
