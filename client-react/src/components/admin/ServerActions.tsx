import type { AdminApi } from "../../admin/api";
import { AskedAction } from "./AskedAction";
import { NoticeAction } from "./NoticeAction";

/** What concerns everybody. */
export function ServerActions({ api, onDone }: { api: AdminApi; onDone: () => void }) {
  return (
    <div className="admin-actions">
      <NoticeAction title="Tell everybody" send={(text) => api.notice(text)} />
      <AskedAction label="Drain" question="Let the server go down?" act={() => api.drain()} onDone={onDone}>
        It opens no rooms any more, tells everybody, and ends when the last has left or its time is up. This cannot be taken back.
      </AskedAction>
    </div>
  );
}
