import type { Status } from "../sfu/store";
import { useSession } from "./useSession";
import { useSessionState } from "./useSessionState";

export interface RoomControls {
  status: Status;
  room: string;
  displayName: string;
  problem: string | null;
  /** What who operates the server told those in the room, until it is dismissed. */
  notices: readonly string[];
  /** The user was in a room and left it. */
  left: boolean;
  join: (room: string, displayName: string) => void;
  leave: () => void;
  dismiss: () => void;
}

/** Where the user is, and the way in and out. */
export function useRoom(): RoomControls {
  const session = useSession();
  const { status, room, self, problem, notices, left } = useSessionState();
  return {
    status,
    room,
    displayName: self?.displayName ?? "",
    problem,
    notices,
    left,
    join: (name, displayName) => void session.join(name, displayName),
    leave: () => void session.leave(),
    dismiss: () => { session.store.dismiss(); },
  };
}
