// Waiting for things to come true, and summing up how long they took.

/** Polls `check` until it gives something truthy, and gives that; throws with `what` and the last value seen. */
export async function until(what, check, { timeout = 20_000, every = 100 } = {}) {
  const deadline = Date.now() + timeout;
  for (;;) {
    const value = await check();
    if (value) return value;
    if (Date.now() > deadline) throw new Error(`not within ${timeout} ms: ${what}`);
    await pause(every);
  }
}

/** For measuring over a span of time; never to give something time to happen. */
export const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

export function percentile(values, p) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor((sorted.length * p) / 100))];
}

export const summary = (values) =>
  `median ${percentile(values, 50)} ms, p99 ${percentile(values, 99)} ms, max ${Math.max(...values)} ms of ${values.length}`;
