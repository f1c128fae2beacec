/** What happened in the room, in words: shown for a moment, and read aloud by screen readers. */
import type { RemotePeer, State } from "../sfu/store";

type Moment = Pick<State, "status" | "room" | "peers">;

const shares = ({ media }: RemotePeer) => media.some(({ source }) => source === "screen");

/** "Ann", "Ann and Bob", "Ann, Bob and 3 others". */
function list(names: readonly string[]): string {
  if (names.length <= 1) return names.join("");
  if (names.length <= 3) return `${names.slice(0, -1).join(", ")} and ${names.at(-1) ?? ""}`;
  return `${names.slice(0, 2).join(", ")} and ${names.length - 2} others`;
}

/** From one moment to the next. Coming back after a loss says so, and not who was there all along. */
export function announcements(before: Moment, now: Moment): string[] {
  if (now.status !== "joined") return [];
  if (before.status === "reconnecting") return ["You are back in the room."];
  if (before.status !== "joined") {
    const others = now.peers.length === 0 ? "Nobody else is here yet." : `Here with ${list(now.peers.map((one) => one.displayName))}.`;
    return [`You are in ${now.room}. ${others}`];
  }
  const earlier = new Map(before.peers.map((peer) => [peer.peerId, peer]));
  const there = new Set(now.peers.map(({ peerId }) => peerId));
  const came = now.peers.filter(({ peerId }) => !earlier.has(peerId)).map((one) => one.displayName);
  const went = before.peers.filter(({ peerId }) => !there.has(peerId)).map((one) => one.displayName);
  const screens = now.peers.flatMap((peer) => {
    const was = earlier.get(peer.peerId);
    if (shares(peer) === (was ? shares(was) : false)) return [];
    return [shares(peer) ? `${peer.displayName} shares a screen.` : `${peer.displayName} stopped sharing.`];
  });
  return [...(came.length > 0 ? [`${list(came)} joined.`] : []), ...(went.length > 0 ? [`${list(went)} left.`] : []), ...screens];
}
