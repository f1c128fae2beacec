import { useContext } from "react";
import type { RoomSession } from "../sfu/RoomSession";
import { SessionContext } from "./session";

export function useSession(): RoomSession {
  const session = useContext(SessionContext);
  if (!session) throw new Error("useSession needs a SessionContext around it");
  return session;
}
