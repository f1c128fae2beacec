import { useEffect, useState } from "react";
import { type Row, rowsOf } from "../sfu/rows";
import { useSession } from "./useSession";

export interface RatedRow extends Row {
  /** Bits per second since the row before. */
  bitrate: number;
  /** Share of packets lost since the row before, from 0 to 1. */
  loss: number;
}

const PERIOD_MS = 1_000;
const keyOf = (row: Row) => [row.direction, row.producerId ?? row.source, row.rid ?? ""].join(" ");

/** One row per stream, renewed every second while the caller is on the screen. */
export function useStats(): readonly RatedRow[] {
  const session = useSession();
  const [rows, setRows] = useState<readonly RatedRow[]>([]);

  useEffect(() => {
    let before = new Map<string, Row>();
    let then = performance.now();
    const renew = async () => {
      const now = rowsOf(await session.stats(), session.store.get());
      const at = performance.now();
      const [earlier, passedMs] = [before, at - then];
      [before, then] = [new Map(now.map((row) => [keyOf(row), row])), at];
      setRows(now.map((row) => rated(row, earlier.get(keyOf(row)) ?? row, passedMs)));
    };
    const timer = setInterval(() => void renew(), PERIOD_MS);
    void renew();
    return () => { clearInterval(timer); };
  }, [session]);

  return rows;
}

/** What happened between two rows of one stream. */
export function rated(row: Row, before: Row, passedMs: number): RatedRow {
  const lost = Math.max(0, row.lost - before.lost);
  // What the server lost was sent; what is lost here was not received.
  const all = Math.max(0, row.packets - before.packets) + (row.direction === "received" ? lost : 0);
  const bits = Math.max(0, row.bytes - before.bytes) * 8;
  return { ...row, bitrate: passedMs > 0 ? (bits * 1_000) / passedMs : 0, loss: all > 0 ? Math.min(1, lost / all) : 0 };
}
