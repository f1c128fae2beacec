import type { AdminApi } from "../../admin/api";
import type { Row } from "../../admin/tree";
import { AskedAction } from "./AskedAction";
import { NoticeAction } from "./NoticeAction";

interface Props {
  row: Row;
  api: AdminApi;
  onDone: () => void;
}

/** What can be done about what was chosen. */
export function Actions({ row, api, onDone }: Props) {
  const { kind, id, name, roomId = "" } = row;
  switch (kind) {
    case "room":
      return (
        <div className="admin-actions">
          <NoticeAction title={`Tell everybody in ${name}`} send={(text) => api.notice(text, id)} />
          <AskedAction label="Close the room" question={`Close ${name}?`} act={() => api.closeRoom(id)} onDone={onDone}>
            Everybody in it is told that the room was closed. Pages that enter again by themselves make a new one.
          </AskedAction>
        </div>
      );
    case "peer":
      return (
        <div className="admin-actions">
          <AskedAction label="Remove from the room" question={`Remove ${name}?`} act={() => api.kick(roomId, id)} onDone={onDone}>
            Whoever it is leaves the room, and is told so.
          </AskedAction>
        </div>
      );
    case "producer":
      return (
        <div className="admin-actions">
          <AskedAction label="Close the producer" question="Close this producer?" act={() => api.closeProducer(id)} onDone={onDone}>
            Its sound or picture ends for everybody in the room.
          </AskedAction>
        </div>
      );
    case "worker":
    case "transport":
    case "consumer":
      return null;
  }
}
