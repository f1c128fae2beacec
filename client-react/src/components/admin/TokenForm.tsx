import { type SyntheticEvent, useState } from "react";

interface Props {
  /** One was shown, and refused. */
  wrong: boolean;
  onToken: (token: string) => void;
}

/** Asks for the token that opens the page. */
export function TokenForm({ wrong, onToken }: Props) {
  const [token, setToken] = useState("");
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    if (token.trim() !== "") onToken(token.trim());
  };
  return (
    <main className="admin-locked">
      <h1>Inspector</h1>
      <p className="hint">Rooms and people are shown to operators only: with a token that grants <code>admin</code>.</p>
      <form onSubmit={submit}>
        <label className="field">
          Token
          <input type="password" name="token" autoComplete="current-password" value={token} required
            onChange={(event) => { setToken(event.target.value); }} />
        </label>
        <button type="submit" className="primary">Look inside</button>
      </form>
      <p role="alert" className="hint">{wrong ? "The server does not accept this token." : ""}</p>
    </main>
  );
}
