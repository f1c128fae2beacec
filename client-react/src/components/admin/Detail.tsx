import { useEffect, useState } from "react";
import type { AdminApi } from "../../admin/api";
import type { Row } from "../../admin/tree";
import { adminSentence } from "../../admin/words";
import { Actions } from "./Actions";

interface Props {
  row: Row | null;
  api: AdminApi;
  onDone: () => void;
}

const POLL_MS = 2_000;

function read(api: AdminApi, { kind, id, roomId = "" }: Row): Promise<unknown> {
  switch (kind) {
    case "peer":
      return api.peer(roomId, id);
    case "worker":
    case "room":
    case "transport":
    case "producer":
    case "consumer":
      return api.one(`${kind}s`, id);
  }
}

/** Everything the server knows of what was chosen, and what can be done about it. */
export function Detail({ row, api, onDone }: Props) {
  const [known, setKnown] = useState<object | null>(null);
  const [problem, setProblem] = useState<string | null>(null);

  useEffect(() => {
    if (!row) return;
    let ended = false;
    let timer: ReturnType<typeof setTimeout>;
    const look = async () => {
      try {
        const answer = await read(api, row);
        if (ended) return;
        setKnown(answer as object);
        setProblem(null);
      } catch (error) {
        if (!ended) setProblem(adminSentence(error));
      }
      if (!ended) timer = setTimeout(() => void look(), POLL_MS);
    };
    void look();
    return () => {
      ended = true;
      clearTimeout(timer);
    };
  }, [row, api]);

  return (
    <section className="panel admin-detail" aria-label="Details" data-testid="detail">
      {row ? (
        <>
          <h2>{row.name}</h2>
          <p className="hint">{row.kind} <code>{row.id}</code></p>
          <Actions row={row} api={api} onDone={onDone} />
          <p className="hint" role="status">{problem}</p>
          {known && <Facts of={known} />}
        </>
      ) : <p className="hint">Choose something on the left to see all of it.</p>}
    </section>
  );
}

/** The members of an object: plain ones in a table, the others below, folded. */
function Facts({ of }: { of: object }) {
  const members = Object.entries(of).filter(([, value]) => value !== null);
  const isPlain = (value: unknown) => typeof value !== "object";
  return (
    <>
      <table className="facts">
        <tbody>
          {members.filter(([, value]) => isPlain(value)).map(([name, value]) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td>{String(value)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {members.filter(([, value]) => !isPlain(value)).map(([name, value]) => (
        <details key={name} open={name === "stats" || name === "rates"}>
          <summary>{Array.isArray(value) ? `${name} (${value.length})` : name}</summary>
          <pre tabIndex={0} aria-label={name}>{JSON.stringify(value, null, 2)}</pre>
        </details>
      ))}
    </>
  );
}
