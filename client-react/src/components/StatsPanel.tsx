import { type RatedRow, useStats } from "../hooks/useStats";

/** What flows, stream by stream. */
export function StatsPanel() {
  const rows = useStats();
  return (
    <aside className="stats" aria-label="Statistics">
      <table>
        <thead>
          <tr>
            <th scope="col">From</th>
            <th scope="col">Stream</th>
            <th scope="col">Rate</th>
            <th scope="col">Picture</th>
            <th scope="col">Lost</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row, index) => (
            <StatsRow key={index} row={row} />
          ))}
        </tbody>
      </table>
    </aside>
  );
}

function StatsRow({ row }: { row: RatedRow }) {
  const stream = row.rid === null ? row.source : `${row.source} ${row.rid}`;
  return (
    <tr>
      <td>{row.who}</td>
      <td>{stream}</td>
      <td>{Math.round(row.bitrate / 1_000)} kb/s</td>
      <td>{row.width > 0 ? `${row.width}×${row.height}` : "–"}</td>
      <td>{row.lost}</td>
    </tr>
  );
}
