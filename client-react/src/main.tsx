/** Starts the page: one session, one tree. */
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./App";
import { rememberDevices } from "./app/remember";
import { SessionContext } from "./hooks/session";
import { createSession } from "./index";
import { expose } from "./sfu/inspection";
import "./styles/base.css";
import "./styles/lobby.css";
import "./styles/room.css";
import "./styles/panels.css";

const session = createSession();
rememberDevices(session.store);
expose(session);

const root = document.getElementById("root");
if (!root) throw new Error("index.html has no #root");
createRoot(root).render(
  <StrictMode>
    <SessionContext value={session}>
      <App />
    </SessionContext>
  </StrictMode>,
);
