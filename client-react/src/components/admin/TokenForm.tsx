import { type SyntheticEvent, useEffect, useRef, useState } from "react";

interface Props {
  /** Why the last one did not open the page, in a sentence. */
  problem: string | null;
  /** One is being tried. */
  busy: boolean;
  onToken: (token: string) => void;
}

/** Asks for the token that opens the page. */
export function TokenForm({ problem, busy, onToken }: Props) {
  const [token, setToken] = useState("");
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => { field.current?.focus(); }, []);
  useEffect(() => { if (problem !== null) field.current?.select(); }, [problem]);

  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    if (token.trim() !== "" && !busy) onToken(token.trim());
  };
  return (
    <main className="admin-locked">
      <h1>Inspector</h1>
      <p className="hint">Rooms and people are shown to operators only: sign in with a token that grants <code>admin</code>. It is forgotten when this tab closes.</p>
      <form className="panel" onSubmit={submit}>
        <label className="field">
          Token
          <input ref={field} type="password" name="token" autoComplete="off" spellCheck={false} value={token} required
            aria-invalid={problem !== null} aria-describedby="token-problem" onChange={(event) => { setToken(event.target.value); }} />
        </label>
        <p id="token-problem" role="alert" className="field-problem">{problem}</p>
        <button type="submit" className="primary" aria-disabled={busy}>{busy ? "Signing in…" : "Sign in"}</button>
      </form>
    </main>
  );
}
