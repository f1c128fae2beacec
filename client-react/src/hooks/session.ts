/** How components reach the session: one per page, made in main.tsx. */
import { createContext } from "react";
import type { RoomSession } from "../sfu/RoomSession";

export const SessionContext = createContext<RoomSession | null>(null);
