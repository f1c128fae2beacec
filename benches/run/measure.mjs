// One case, once: a fresh server under the generator, and right after it the ceiling.

import { ceiling } from "./ceiling.mjs";
import { generate } from "./loadgen.mjs";
import { withServer } from "./server.mjs";
import { median } from "./statistics.mjs";

/** Returns the case's figures, or `{ error }`. `earlier` holds the outcomes of this and past runs. */
export async function measureCase(one, setting, earlier) {
  try {
    const load = { ...one.load };
    if (one.kind === "sustained") {
      load.packetsPerSecond = halfOfHighest(one, earlier);
    }
    if (one.kind === "ramp") {
      load.ramp = setting.quick ? one.steps.quick : one.steps.full;
    }
    const seconds = SECONDS[one.kind][setting.quick ? "quick" : "full"];
    const figures = await withServer(setting, async (server) => ({
      idleKib: server.idleKib,
      ...(await generate(load, seconds, server, setting)),
    }));
    return one.kind === "forward" || one.kind === "ramp"
      ? { ...figures, ...compare(one, seconds, figures, setting) }
      : figures;
  } catch (error) {
    return { error: error.message };
  }
}

/** The same work without a server, and how much more the server took. */
function compare(one, seconds, figures, setting) {
  const limit = ceiling(one, seconds, setting);
  return {
    ceiling: limit.cpu_us_per_packet,
    ceilingRate: limit.packets_per_second,
    ceilingLost: limit.lost,
    ratio: figures.cpu / limit.cpu_us_per_packet,
  };
}

/** Packets per second of the stream at half of what the ramp has found so far. */
function halfOfHighest({ needs, load }, earlier) {
  const rates = (earlier[needs] ?? []).map(({ rate }) => rate).filter(Number.isFinite);
  if (rates.length === 0) {
    throw new Error(`${needs} found no rate`);
  }
  return Math.floor(median(rates) / 2 / load.subscribers);
}

const SECONDS = {
  forward: { full: 8, quick: 3 },
  idle: { full: 10, quick: 4 },
  join: { full: 5, quick: 3 },
  ramp: { full: 3, quick: 1 },
  sustained: { full: 60, quick: 8 },
};
