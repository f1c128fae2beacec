/** Sentences for what the server refuses an operator. */
import { ProblemError, problemSentence } from "../broadcast/problem";

/** One sentence for why a token does not open the page; `null`: none was shown. */
export function refusedSentence(error: ProblemError, token: string): string | null {
  if (token === "") return null;
  if (error.status === 403) return "This token does not let you in: it does not grant admin.";
  return /expired/.test(error.message) ? "This token has expired." : "The server does not accept this token.";
}

/** One sentence for what went wrong with something that was shown. */
export const adminSentence = (error: unknown): string =>
  error instanceof ProblemError && error.status === 404 ? "It is not there any more." : problemSentence(error);
