import { useEffect, useRef } from "react";
import { viewUrlOf, whipUrlOf } from "../../broadcast/api";
import { useBroadcast } from "../../hooks/useBroadcast";
import { usePageTitle } from "../../hooks/usePageTitle";
import { CopyField } from "./CopyField";
import { GetId } from "./GetId";
import { LiveState } from "./LiveState";
import { ObsSettings } from "./ObsSettings";
import { StopButton } from "./StopButton";
import { Warning } from "./Warning";

interface Props {
  id: string;
  onNewId: (id: string) => void;
}

/** Everything a broadcaster needs: where to send, what to share, what to set, and how it goes. */
export function Studio({ id, onNewId }: Props) {
  const heading = useRef<HTMLHeadingElement>(null);
  const { broadcast, unknown, problem, look } = useBroadcast(id);
  const live = broadcast?.state === "live";
  const whipUrl = whipUrlOf(id, location.href);
  usePageTitle(live ? "Live · Broadcast" : "Broadcast");

  // The button that had the focus is gone: go on reading here.
  useEffect(() => { heading.current?.focus(); }, []);

  if (unknown) return <GetId expired onId={onNewId} />;
  return (
    <main className="studio" data-state={broadcast?.state ?? "unknown"}>
      <h1 ref={heading} tabIndex={-1}>Your broadcast</h1>
      <div role="status">
        <Warning text={problem} />
      </div>
      <div className="studio-columns">
        <div className="studio-column">
          <section className="panel" aria-label="State">
            <LiveState broadcast={broadcast} />
            <StopButton id={id} live={live} onStopped={look} />
          </section>
          <section className="panel" aria-labelledby="send">
            <h2 id="send">For you alone</h2>
            <CopyField name="whip-url" label="WHIP URL" value={whipUrl} />
            <p className="hint">
              It holds your secret broadcast id, as the address of this page does: whoever knows either can broadcast in your
              place. Keep this page&apos;s address to come back{broadcast?.expiresAt ? `; unused, the id is good until ${dateWords(broadcast.expiresAt)}` : ""}.
            </p>
          </section>
          <section className="panel" aria-labelledby="share">
            <h2 id="share">For your viewers</h2>
            {broadcast && <CopyField name="view-url" label="Link to watch" value={viewUrlOf(broadcast.viewId, location.href)} opens />}
            <p className="hint">Whoever has this link can watch, and cannot broadcast.</p>
          </section>
        </div>
        <div className="studio-column">
          <ObsSettings whipUrl={whipUrl} />
        </div>
      </div>
    </main>
  );
}

const dateWords = (when: string): string => new Date(when).toLocaleString("en", { dateStyle: "medium", timeStyle: "short" });
