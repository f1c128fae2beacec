/** Doing again what the server could not do at once. */
import { isTransient } from "./failures";

/** Pauses between tries. */
const RETRY_AFTER_MS = [500, 1_000, 2_000, 4_000];

export const pause = (ms: number) => new Promise((resolve) => { setTimeout(resolve, ms); });

/** Tries a few times, while somebody waits for it; throws the last failure. */
export async function patiently<T>(act: () => Promise<T>, wanted = () => true): Promise<T> {
  for (const wait of RETRY_AFTER_MS) {
    try {
      return await act();
    } catch (error) {
      if (!isTransient(error) || !wanted()) throw error;
      await pause(wait);
      if (!wanted()) throw error;
    }
  }
  return act();
}
