import { useEffect, useState } from "react";
import { keepToken, keptToken } from "../../admin/token";
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

/** The whole server, live: what there is, how it goes, and what an operator can do about it. */
export function AdminPage() {
  const [token, setToken] = useState(keptToken);
  /** The form was there, and stays until its token has opened the page. */
  const [entering, setEntering] = useState(false);
  const { api, inspector, view } = useInspector(token);
  const [chosen, setChosen] = useState<Row | null>(null);
  usePageTitle("Inspector");

  const isOpen = view.snapshot !== null && !view.locked;
  useEffect(() => {
    if (isOpen) keepToken(token);
    else if (view.locked) keepToken("");
  }, [isOpen, view.locked, token]);

  const enter = (entered: string) => {
    setEntering(true);
    if (entered === token) inspector.start();
    else setToken(entered);
  };
  const signOut = () => {
    keepToken("");
    setEntering(true);
    setChosen(null);
    setToken("");
  };
  return (
    <div className="admin">
      <PageHeader>
        {isOpen && token !== "" && <button type="button" className="quiet" onClick={signOut}>Sign out</button>}
      </PageHeader>
      {view.locked || (entering && !isOpen) ? (
        <TokenForm problem={view.refused ?? view.problem} busy={!view.locked && view.problem === null} onToken={enter} />
      ) : (
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
