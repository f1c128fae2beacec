import { Lobby } from "./components/Lobby";
import { Notice } from "./components/Notice";
import { Room } from "./components/Room";
import { useRoom } from "./hooks/useRoom";

/** The lobby before a call, the room during it. */
export function App() {
  const { status, problem, dismiss } = useRoom();
  return (
    <>
      {status === "idle" ? <Lobby /> : <Room />}
      <Notice text={problem} busy={status === "reconnecting"} onDismiss={dismiss} />
    </>
  );
}
