import type { Row } from "../../admin/tree";
import { rate } from "../../app/rate";
import { Sparkline } from "./Sparkline";

interface Props {
  row: Row;
  line: readonly number[];
  chosen: boolean;
  focused: boolean;
  onChoose: () => void;
  onToggle: () => void;
}

/** One line of the tree. */
export function TreeRow({ row, line, chosen, focused, onChoose, onToggle }: Props) {
  const { rates } = row;
  const flowing = rates && [rates.receiveBitrate > 0 && `in ${rate(rates.receiveBitrate)}`, rates.sendBitrate > 0 && `out ${rate(rates.sendBitrate)}`]
    .filter((part) => part !== false).join(", ");
  const expanded = row.open === null ? {} : { "aria-expanded": row.open };
  return (
    <div id={`row-${row.key}`} role="treeitem" className={`tree-row${focused ? " focused" : ""}`} data-kind={row.kind} data-bad={row.bad}
      aria-level={row.depth + 1} aria-selected={chosen} {...expanded} onClick={onChoose} onDoubleClick={() => { if (row.open !== null) onToggle(); }}>
      <span className="tree-arrow" style={{ marginLeft: `${row.depth * 1.1}rem` }} aria-hidden="true"
        onClick={(event) => { event.stopPropagation(); if (row.open !== null) onToggle(); }}>
        {row.open === null ? "" : row.open ? "▾" : "▸"}
      </span>
      <span className="tree-name" title={row.id}>{row.name}</span>
      <span className="tree-note">{row.note}</span>
      <Sparkline values={line} />
      <span className="tree-rate">{flowing || "–"}</span>
    </div>
  );
}
