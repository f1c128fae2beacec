/** The page of a call: one session, one tree. */
import { App } from "./App";
import { invitation, watchInvitations } from "./app/invitation";
import { rememberDevices } from "./app/remember";
import { SessionContext } from "./hooks/session";
import { createSession } from "./index";
import { expose } from "./sfu/inspection";
import "./styles/lobby.css";
import "./styles/room.css";
import "./styles/panels.css";

const session = createSession({ token: invitation });
// What was wrong with the last invitation is not wrong with this one.
watchInvitations(() => { if (session.store.get().status === "idle") session.store.tell("room", null); });
rememberDevices(session.store);
expose(session);

export function CallPage() {
  return (
    <SessionContext value={session}>
      <App />
    </SessionContext>
  );
}
