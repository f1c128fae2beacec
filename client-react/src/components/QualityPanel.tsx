import { useRef } from "react";
import { useFocusBack } from "../hooks/useFocusBack";
import { type RatedRow, useStats } from "../hooks/useStats";
import { Icon } from "./Icon";
import { rate } from "../app/rate";

const DASH = "–";

const picture = ({ width, height, framesPerSecond }: RatedRow) => (width > 0 ? `${width}×${height} @ ${framesPerSecond}` : DASH);

/** Of what is sent, each layer has a row; of what is received, the server picks one. */
function layer({ rid, layers }: RatedRow): string {
  if (rid !== null) return rid.replace("r", "S");
  if (!layers || layers.spatial === null) return DASH;
  return `S${layers.spatial}${layers.temporal === null ? "" : ` T${layers.temporal}`}`;
}

const COLUMNS: [string, (row: RatedRow) => string][] = [
  ["Stream", (row) => row.source],
  ["Rate", (row) => rate(row.bitrate)],
  ["Loss", (row) => `${(row.loss * 100).toFixed(1)} %`],
  ["RTT", (row) => (row.roundTripMs === null ? DASH : `${row.roundTripMs} ms`)],
  ["Picture", picture],
  ["Layer", layer],
  ["Codec", (row) => row.codec ?? DASH],
];

/** What flows and how well, stream by stream. */
export function QualityPanel({ onClose }: { onClose: () => void }) {
  const rows = useStats();
  const ref = useRef<HTMLElement>(null);
  useFocusBack(ref);
  return (
    <aside ref={ref} className="quality" aria-label="Quality">
      <header>
        <h2>Quality</h2>
        <button type="button" className="quiet" onClick={onClose} aria-label="Close quality">
          <Icon name="close" />
        </button>
      </header>
      <div className="quality-table" role="region" aria-label="Streams" tabIndex={0}>
        <table>
          <thead>
            <tr>
              <th scope="col">From</th>
              {COLUMNS.map(([title]) => (
                <th key={title} scope="col">{title}</th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((row, index) => (
              <tr key={index}>
                <th scope="row">{row.who}</th>
                {COLUMNS.map(([title, tell]) => (
                  <td key={title}>{tell(row)}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </aside>
  );
}
