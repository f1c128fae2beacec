import { useState } from "react";
import type { Row } from "../../admin/tree";
import { useInspector } from "../../hooks/useInspector";
import { usePageTitle } from "../../hooks/usePageTitle";
import { Warning } from "../broadcast/Warning";
import { PageHeader } from "../PageHeader";
import { Detail } from "./Detail";
import { Overview } from "./Overview";
import { ServerActions } from "./ServerActions";
import { TokenForm } from "./TokenForm";
import { Tree } from "./Tree";
import "../../styles/panels.css";
import "../../styles/admin.css";

/** Kept as long as the tab is open. */
const TOKEN = "miso-admin-token";

/** The whole server, live: what there is, how it goes, and what an operator can do about it. */
export function AdminPage() {
  const [token, setToken] = useState(() => sessionStorage.getItem(TOKEN) ?? "");
  const { api, inspector, view } = useInspector(token);
  const [chosen, setChosen] = useState<Row | null>(null);
  usePageTitle("Inspector");

  const enter = (entered: string) => {
    sessionStorage.setItem(TOKEN, entered);
    setToken(entered);
  };
  return (
    <div className="admin">
      <PageHeader />
      {view.locked ? <TokenForm wrong={token !== ""} onToken={enter} /> : (
        <main className="admin-main">
          <div className="admin-top">
            <h1>Inspector</h1>
            <Overview view={view} />
            <ServerActions api={api} onDone={() => { inspector.look(); }} />
          </div>
          <div role="status"><Warning text={view.problem} /></div>
          <div className="admin-columns">
            <section className="panel admin-tree" aria-label="Everything there is">
              <label className="field">
                Search
                <input type="search" value={view.search} placeholder="Room, name or id" data-testid="search"
                  onChange={(event) => { inspector.search(event.target.value); }} />
              </label>
              <Tree rows={view.rows} histories={inspector.histories} chosen={chosen?.key ?? null} loading={view.snapshot === null}
                onChoose={setChosen} onToggle={(row) => { inspector.toggle(row); }} />
            </section>
            <Detail key={chosen?.key ?? ""} row={chosen} api={api} onDone={() => { inspector.look(); }} />
          </div>
        </main>
      )}
    </div>
  );
}
