import { useEffect, useState } from "react";
import { type Broadcast, readBroadcast } from "../broadcast/api";
import { passingSentence, ProblemError } from "../broadcast/problem";

const POLL_MS = 2_000;

export interface Polled {
  /** The last that was heard; `null` before the first answer. */
  broadcast: Broadcast | null;
  /** The server knows no such id, or not any more. */
  unknown: boolean;
  /** Why nothing newer is known, in a sentence. */
  problem: string | null;
  /** Asks now. */
  look: () => void;
}

/** How a broadcast goes, asked for every two seconds. */
export function useBroadcast(id: string): Polled {
  const [polled, setPolled] = useState<Omit<Polled, "look">>({ broadcast: null, unknown: false, problem: null });
  const [asked, setAsked] = useState(0);

  useEffect(() => {
    const ending = new AbortController();
    let timer: ReturnType<typeof setTimeout>;
    const poll = async (): Promise<void> => {
      try {
        const broadcast = await readBroadcast(id, ending.signal);
        setPolled({ broadcast, unknown: false, problem: null });
      } catch (error) {
        if (ending.signal.aborted) return;
        if (error instanceof ProblemError && error.status === 404) {
          setPolled({ broadcast: null, unknown: true, problem: null });
          return;
        }
        setPolled((before) => ({ ...before, problem: passingSentence(error) }));
      }
      if (!ending.signal.aborted) timer = setTimeout(() => void poll(), POLL_MS);
    };
    void poll();
    return () => {
      ending.abort();
      clearTimeout(timer);
    };
  }, [id, asked]);

  return { ...polled, look: () => { setAsked((before) => before + 1); } };
}
