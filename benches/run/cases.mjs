// The cases of docs/performance.md: what the generator does, and what must come out. Data only.

// A camera's stream as the generator sends it unless a case says otherwise.
const VIDEO = { rooms: 1, publishers: 1, packetsPerSecond: 250, packetSize: 1100, burst: 8 };

const video = (id, title, load, must = {}) => ({
  id,
  title,
  kind: "forward",
  load: { ...VIDEO, ...load },
  must,
});

export const cases = [
  video("n10-b8", "N = 10, bursts of 8", { subscribers: 10 }, { cpu: 4.5 }),
  video("n10-b1", "N = 10, single packets", { subscribers: 10, burst: 1 }, { p50: 0.139 }),
  video("n50-b8", "N = 50, bursts of 8", { subscribers: 50 }),
  video(
    "n200-b8",
    "N = 200, bursts of 8",
    { subscribers: 200 },
    { cpu: 1.9, ratio: 2.5, p99: 4 },
  ),
  video(
    "n200-b1",
    "N = 200, single packets",
    { subscribers: 200, burst: 1 },
    { cpu: 2.8, ratio: 2 },
  ),
  video("n400-b8", "N = 400, bursts of 8", { subscribers: 400 }, { lost: 0 }),
  video("n1000-b8", "N = 1000, bursts of 8", { subscribers: 1000 }, { kibPerReceiver: 48 }),
  video("rooms-50x20", "50 rooms of 20, bursts of 8", { rooms: 50, subscribers: 20 }),
  {
    id: "audio-10x100",
    title: "audio, 10 speakers × 100 listeners",
    kind: "forward",
    load: {
      rooms: 1,
      publishers: 10,
      subscribers: 100,
      packetsPerSecond: 50,
      packetSize: 120,
      burst: 1,
      audioOnly: true,
    },
    must: {},
  },
  {
    id: "idle-200",
    title: "200 connected, silent",
    kind: "idle",
    load: { rooms: 1, publishers: 0, subscribers: 200, idle: true },
    must: { busy: 2 },
  },
  {
    id: "join-500",
    title: "500 join a room that is in use",
    kind: "join",
    load: { ...VIDEO, subscribers: 500, joinConcurrency: 32 },
    must: { joinAll: 10, gap: 50 },
  },
  {
    id: "ramp",
    title: "highest rate with < 0.1 % lost, N = 200",
    kind: "ramp",
    load: { ...VIDEO, subscribers: 200 },
    // Of the stream: times 200 is what the server has to send.
    steps: { full: "500:5000:250", quick: "500:4500:1000" },
    must: { rate: 450_000 },
  },
  {
    id: "sustained",
    title: "half of the highest rate, every sampled byte verified",
    kind: "sustained",
    needs: "ramp",
    load: { ...VIDEO, subscribers: 200, verify: 0.05 },
    must: { lost: 0, bad: 0 },
  },
  {
    id: "sustained-loss",
    title: "the same with 2 % induced loss",
    kind: "sustained",
    needs: "ramp",
    load: { ...VIDEO, subscribers: 200, verify: 0.05, loss: 2 },
    must: { bad: 0, never: 0 },
  },
];

/** The chosen cases and those whose results they start from, in the table's order. */
export function withNeeded(chosen) {
  const needed = new Set(chosen.flatMap(({ id, needs }) => (needs ? [id, needs] : [id])));
  return cases.filter(({ id }) => needed.has(id));
}
