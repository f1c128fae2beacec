// Waiting for facts, never for time alone.
export const tick = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Asks until the answer is true; fails with `what` when patience ends. */
export async function until(what, ask, patience = 10_000) {
  const end = Date.now() + patience;
  for (;;) {
    const answer = await ask();
    if (answer) return answer;
    if (Date.now() > end) throw new Error(`not within ${patience} ms: ${typeof what === "function" ? what() : what}`);
    await tick(20);
  }
}
