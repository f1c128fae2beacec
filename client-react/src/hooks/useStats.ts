import { useEffect, useState } from "react";
import { type Row, rowsOf } from "../sfu/rows";
import { useSession } from "./useSession";

export interface RatedRow extends Row {
  /** Bits per second since the row before. */
  bitrate: number;
}

const PERIOD_MS = 1_000;
const keyOf = (row: Row) => [row.direction, row.producerId ?? row.source, row.rid ?? ""].join(" ");

/** One row per stream, renewed every second while the caller is on the screen. */
export function useStats(): readonly RatedRow[] {
  const session = useSession();
  const [rows, setRows] = useState<readonly RatedRow[]>([]);

  useEffect(() => {
    let before = new Map<string, number>();
    const renew = async () => {
      const now = rowsOf(await session.stats(), session.store.get());
      const earlier = before;
      before = new Map(now.map((row) => [keyOf(row), row.bytes]));
      setRows(now.map((row) => ({ ...row, bitrate: rate(row.bytes, earlier.get(keyOf(row))) })));
    };
    const timer = setInterval(() => void renew(), PERIOD_MS);
    void renew();
    return () => { clearInterval(timer); };
  }, [session]);

  return rows;
}

const rate = (bytes: number, before = bytes): number => Math.max(0, ((bytes - before) * 8 * 1_000) / PERIOD_MS);
