/** The page of a call: one session, one tree. */
import { App } from "./App";
import { rememberDevices } from "./app/remember";
import { SessionContext } from "./hooks/session";
import { createSession } from "./index";
import { expose } from "./sfu/inspection";
import "./styles/lobby.css";
import "./styles/room.css";
import "./styles/panels.css";

const session = createSession();
rememberDevices(session.store);
expose(session);

export function CallPage() {
  return (
    <SessionContext value={session}>
      <App />
    </SessionContext>
  );
}
