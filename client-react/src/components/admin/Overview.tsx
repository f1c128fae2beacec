import type { View } from "../../admin/Inspector";
import { rate } from "../../app/rate";

/** The server in seven numbers. */
export function Overview({ view: { snapshot, broadcasts } }: { view: View }) {
  if (!snapshot) return null;
  const { workers, rooms, peers } = snapshot;
  const sum = (all: readonly { producerCount: number; consumerCount: number }[], count: "producerCount" | "consumerCount") =>
    all.reduce((total, one) => total + one[count], 0);
  const rates = workers.flatMap((worker) => (worker.rates ? [worker.rates] : []));
  const numbers: [string, string | number][] = [
    ["rooms", rooms.length],
    ["peers", peers.length],
    ["producers", sum(rooms, "producerCount")],
    ["consumers", sum(rooms, "consumerCount")],
    ["live broadcasts", broadcasts.filter((one) => one.state === "live").length],
    ["in", rate(rates.reduce((total, one) => total + one.receiveBitrate, 0))],
    ["out", rate(rates.reduce((total, one) => total + one.sendBitrate, 0))],
  ];
  return (
    <dl className="admin-overview" data-testid="overview">
      {numbers.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
