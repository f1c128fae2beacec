import { useEffect, useRef } from "react";
import { useRoom } from "../hooks/useRoom";
import { Logo } from "./Logo";

/** On the way into a room: what is waited for, and a way back. */
export function Entering() {
  const { room, problem, leave } = useRoom();
  const heading = useRef<HTMLHeadingElement>(null);

  // The form that had the focus is gone: go on reading here.
  useEffect(() => { heading.current?.focus(); }, []);

  return (
    <main className="entering">
      <Logo />
      <h1 ref={heading} tabIndex={-1}>Entering {room}</h1>
      <p role="status" className="busy" data-testid="entering">
        <span className="spinner" aria-hidden="true" />
        {problem ?? "Connecting to the server…"}
      </p>
      <button type="button" className="secondary" onClick={leave}>
        Cancel
      </button>
    </main>
  );
}
