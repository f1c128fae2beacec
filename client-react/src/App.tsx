import { useState } from "react";
import { Announcer } from "./components/Announcer";
import { Entering } from "./components/Entering";
import { Lobby } from "./components/Lobby";
import { Room } from "./components/Room";
import { useRoom } from "./hooks/useRoom";

/** The lobby before a call, the way in, the room during it. */
export function App() {
  const { status } = useRoom();
  const [been, setBeen] = useState(false);
  if (!been && status !== "idle") setBeen(true);
  return (
    <div className="call">
      {status === "idle" && <Lobby isBack={been} />}
      {status === "joining" && <Entering />}
      {(status === "joined" || status === "reconnecting") && <Room />}
      <Announcer />
    </div>
  );
}
