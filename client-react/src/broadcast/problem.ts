/** What the server answers when it does not do what was asked: problem details (RFC 9457), and sentences for them. */

export class ProblemError extends Error {
  override readonly name = "ProblemError";

  constructor(
    readonly status: number,
    message: string,
    /** What the server asks to wait before the next try. */
    readonly retryAfterMs: number | null = null,
  ) {
    super(message);
  }
}

const seconds = (header: string | null): number | null => {
  const value = Number(header);
  return header !== null && Number.isFinite(value) && value >= 0 ? value * 1_000 : null;
};

async function wordsOf(response: Response): Promise<string> {
  try {
    const { detail, title } = (await response.json()) as { detail?: unknown; title?: unknown };
    if (typeof detail === "string") return detail;
    if (typeof title === "string") return title;
  } catch {
    // Something between here and the server answered in its own way.
  }
  return "";
}

/** The answer, if it is a success. */
export async function checked(response: Response): Promise<Response> {
  if (response.ok) return response;
  throw new ProblemError(response.status, await wordsOf(response), seconds(response.headers.get("retry-after")));
}

const BY_STATUS: Record<number, string> = {
  401: "The server asks for a token that this page does not have.",
  404: "There is no broadcast with this id.",
  429: "Too many requests in a short time.",
  503: "The server has no place for more right now.",
};

/** The server's own words, as a person writes them. */
const asSentence = (words: string): string => words.charAt(0).toUpperCase() + words.slice(1) + (/[.!?…]$/.test(words) ? "" : ".");

/** One sentence for what went wrong. */
export function problemSentence(error: unknown): string {
  // What `fetch` throws when nobody answers.
  if (error instanceof TypeError) return "The server cannot be reached.";
  if (!(error instanceof ProblemError)) return "This browser and the server do not understand each other.";
  const known = BY_STATUS[error.status];
  if (known !== undefined) return known;
  if (error.message) return asSentence(error.message);
  if (error.status === 403) return "The server does not allow this.";
  return error.status >= 500 ? "The server had a fault." : `The server refused with ${error.status}.`;
}

/** The same where the next try is made without being asked for. */
export const passingSentence = (error: unknown): string => `${problemSentence(error)} Trying again…`;

/** The same request may succeed later: nobody answered, too many asked, or the server had a fault. */
export const mayPass = (error: unknown): boolean =>
  error instanceof TypeError || (error instanceof ProblemError && (error.status === 429 || error.status >= 500));
