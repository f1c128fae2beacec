/** Starts the page: one socket, one session, one tree. */
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./App";
import { SessionContext } from "./hooks/session";
import { expose } from "./sfu/inspection";
import { RoomSession } from "./sfu/RoomSession";
import { SignalingClient } from "./sfu/SignalingClient";
import { openSocket } from "./sfu/socket";
import "./styles/base.css";
import "./styles/lobby.css";
import "./styles/room.css";

const session = new RoomSession(new SignalingClient(openSocket()));
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
