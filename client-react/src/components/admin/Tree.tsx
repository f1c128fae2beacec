import { type KeyboardEvent, useRef, useState } from "react";
import type { Histories } from "../../admin/history";
import type { Row } from "../../admin/tree";
import { useHeight } from "../../hooks/useHeight";
import { TreeRow } from "./TreeRow";

/** Pixels of a row: every row has the same, so that only those in sight need to be there. */
const ROW = 44;
/** Rows above and below those in sight. */
const SPARE = 8;

interface Props {
  rows: readonly Row[];
  histories: Histories;
  chosen: string | null;
  loading: boolean;
  onChoose: (row: Row) => void;
  onToggle: (row: Row) => void;
}

/** The rows of the tree, those in sight; moved in by arrow keys as trees are. */
export function Tree({ rows, histories, chosen, loading, onChoose, onToggle }: Props) {
  const ref = useRef<HTMLDivElement>(null);
  const height = useHeight(ref);
  const [top, setTop] = useState(0);
  const [at, setAt] = useState(0);
  const focused = Math.min(at, Math.max(rows.length - 1, 0));

  const go = (index: number) => {
    const next = Math.max(0, Math.min(rows.length - 1, index));
    setAt(next);
    const tree = ref.current;
    if (!tree) return;
    if (next * ROW < tree.scrollTop) tree.scrollTop = next * ROW;
    else if ((next + 1) * ROW > tree.scrollTop + tree.clientHeight) tree.scrollTop = (next + 1) * ROW - tree.clientHeight;
  };
  const press = (event: KeyboardEvent) => {
    const row = rows[focused];
    if (!row || event.altKey || event.ctrlKey || event.metaKey) return;
    const parent = () => rows.findLastIndex((one, index) => index < focused && one.depth < row.depth);
    const page = Math.max(1, Math.floor(height / ROW) - 1);
    const acts: Record<string, () => void> = {
      ArrowDown: () => { go(focused + 1); },
      ArrowUp: () => { go(focused - 1); },
      PageDown: () => { go(focused + page); },
      PageUp: () => { go(focused - page); },
      Home: () => { go(0); },
      End: () => { go(rows.length - 1); },
      ArrowRight: () => { if (row.open === false) onToggle(row); else if (row.open) go(focused + 1); },
      ArrowLeft: () => { if (row.open) onToggle(row); else go(parent()); },
      Enter: () => { onChoose(row); },
      " ": () => { onChoose(row); },
    };
    const act = acts[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  };

  const first = Math.max(0, Math.floor(top / ROW) - SPARE);
  const last = Math.min(rows.length, Math.ceil((top + height) / ROW) + SPARE);
  const idOf = (row: Row | undefined) => (row ? `row-${row.key}` : undefined);
  return (
    <div ref={ref} className="tree" role="tree" aria-label="Workers, rooms and peers" tabIndex={0} data-testid="tree"
      aria-activedescendant={idOf(rows[focused])} onKeyDown={press}
      onScroll={(event) => { setTop(event.currentTarget.scrollTop); }}>
      {rows.length === 0 && <p className="hint" role="none">{loading ? "Looking…" : "Nothing is found."}</p>}
      <div role="none" style={{ height: rows.length * ROW }}>
        <div role="none" style={{ transform: `translateY(${first * ROW}px)` }}>
          {rows.slice(first, last).map((row, index) => (
            <TreeRow key={row.key} row={row} line={histories.of(row.key)} chosen={row.key === chosen} focused={first + index === focused}
              onChoose={() => { setAt(first + index); onChoose(row); }} onToggle={() => { setAt(first + index); onToggle(row); }} />
          ))}
        </div>
      </div>
    </div>
  );
}
