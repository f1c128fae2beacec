import { useRoom } from "../hooks/useRoom";
import { Logo } from "./Logo";

/** On the way into a room: what is waited for, and a way back. */
export function Entering() {
  const { room, problem, leave } = useRoom();
  return (
    <main className="entering">
      <Logo />
      <h1>Entering {room}</h1>
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
