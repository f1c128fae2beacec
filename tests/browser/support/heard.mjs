// What a receiver really got, from its browser's own statistics.
import { until } from "./wait.mjs";

/** `inbound-rtp` entries of one kind. */
export const inbound = (reports, kind) => reports.filter((one) => one.type === "inbound-rtp" && one.kind === kind);

/** Waits until frames are decoded and sound with energy was heard, then sees frames rise once more. */
export async function assertSeesAndHears(what, reports, { streams = 1 } = {}) {
  const playing = async () => {
    const all = await reports();
    const seen = inbound(all, "video").filter((one) => one.framesDecoded > 0);
    const heard = inbound(all, "audio").filter((one) => one.totalAudioEnergy > 0);
    return seen.length >= streams && heard.length >= streams && all;
  };
  const before = await until(`${what}: ${streams} picture(s) and sound(s)`, playing);
  await until(`${what}: frames rising`, async () => {
    const now = new Map(inbound(await reports(), "video").map((one) => [one.ssrc, one.framesDecoded]));
    const live = inbound(before, "video").filter((one) => one.framesDecoded > 0);
    return live.every((one) => now.get(one.ssrc) > one.framesDecoded + 5);
  });
}
