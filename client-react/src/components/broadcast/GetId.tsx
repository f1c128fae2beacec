import { type SyntheticEvent, useEffect, useRef, useState } from "react";
import { createBroadcast } from "../../broadcast/api";
import { ProblemError, problemSentence } from "../../broadcast/problem";
import { usePageTitle } from "../../hooks/usePageTitle";
import { Warning } from "./Warning";

interface Props {
  onId: (id: string) => void;
  /** The one in the address is worth nothing (any more). */
  expired?: boolean;
}

/** What this page is for, and the way to begin. */
export function GetId({ onId, expired = false }: Props) {
  const heading = useRef<HTMLHeadingElement>(null);
  const [token, setToken] = useState<string | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [asking, setAsking] = useState(false);

  usePageTitle("Broadcast");
  useEffect(() => {
    if (expired) heading.current?.focus();
  }, [expired]);

  const ask = async () => {
    setAsking(true);
    setProblem(null);
    try {
      onId(await createBroadcast(token?.trim()));
    } catch (error) {
      const wantsToken = error instanceof ProblemError && error.status === 401;
      if (wantsToken) setToken((typed) => typed ?? "");
      setProblem(wantsToken ? sentenceOfToken(token) : problemSentence(error));
      setAsking(false);
    }
  };

  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    void ask();
  };

  return (
    <main className="get-id">
      <h1 ref={heading} tabIndex={-1}>{expired ? "This id is not valid" : "Broadcast"}</h1>
      <p className="hint">
        {expired
          ? "The server does not know it, or it has expired. With a new one you can begin again; viewers need the new link, too."
          : "Send from OBS, or anything else that speaks WHIP, to everybody who has your link. It needs an id, which stays yours when you stop and begin again."}
      </p>
      <div role="alert">
        <Warning text={problem} />
      </div>
      <form onSubmit={submit}>
        {token !== null && (
          <label htmlFor="token" className="field">
            Access token
            <input id="token" type="password" required autoComplete="off" value={token} onChange={(event) => { setToken(event.target.value); }} />
          </label>
        )}
        <button type="submit" className="primary" disabled={asking}>
          {expired ? "Get a new broadcast id" : "Get a broadcast id"}
        </button>
      </form>
    </main>
  );
}

const sentenceOfToken = (given: string | null): string =>
  given === null ? "This server gives ids to those only who have an access token." : "The server does not accept this token.";
