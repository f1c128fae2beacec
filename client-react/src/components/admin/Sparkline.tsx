import { LENGTH } from "../../admin/history";

const WIDTH = 60;
const HEIGHT = 18;

/** The last minute of a rate, as a line; it says nothing that is not written beside it. */
export function Sparkline({ values }: { values: readonly number[] }) {
  if (values.length < 2) return <svg className="sparkline" aria-hidden="true" />;
  const most = Math.max(...values, 1);
  const step = WIDTH / (LENGTH - 1);
  const from = LENGTH - values.length;
  const points = values.map((value, index) => `${((from + index) * step).toFixed(1)},${(HEIGHT - 1 - (value / most) * (HEIGHT - 2)).toFixed(1)}`);
  return (
    <svg className="sparkline" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} aria-hidden="true">
      <polyline points={points.join(" ")} />
    </svg>
  );
}
