/** The last rates of everything that is shown, for its line. */
import type { Row } from "./tree";

/** Two seconds each: a minute. */
export const LENGTH = 30;

export class Histories {
  private lines = new Map<string, number[]>();

  /** Takes a look at the rows; what is not among them any more is forgotten. */
  note(rows: readonly Row[]): void {
    const lines = new Map<string, number[]>();
    for (const { key, rates } of rows) {
      if (!rates) continue;
      const line = [...(this.lines.get(key) ?? []), rates.receiveBitrate + rates.sendBitrate];
      lines.set(key, line.slice(-LENGTH));
    }
    this.lines = lines;
  }

  of(key: string): readonly number[] {
    return this.lines.get(key) ?? [];
  }
}
