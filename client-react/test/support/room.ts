/** A call to begin with. */
import { expect } from "vitest";
import { House, peerOf } from "./house";
import { producerOf } from "./server";
import { bench, openFake } from "./session";

/** Ann in a room with Bob, whose voice she hears. */
export async function inRoom() {
  let opened = 0;
  const all = bench((source) => {
    opened += 1;
    return openFake(source);
  });
  const voice = producerOf("bob");
  const house = new House(all.socket, [peerOf("bob", voice)]);
  await all.session.join("tea", "Ann");
  await all.until(() => {
    expect(all.socket.count("transport-produce")).toBe(2);
    expect(all.socket.count("consumer-resume")).toBe(1);
  });
  const { socket, session } = all;
  const lose = () => {
    socket.lose("transport close");
    socket.sent.length = 0;
  };
  const back = async () => {
    socket.connect();
    await all.until(() => { expect(session.store.get().status).toBe("joined"); });
    await all.until(() => { expect(socket.count("restart-ice")).toBe(2); });
  };
  return { ...all, house, voice, lose, back, opened: () => opened };
}

export const payloads = ({ sent }: { sent: { event: string; payload: unknown }[] }, event: string) =>
  sent.filter((one) => one.event === event).map(({ payload }) => payload);
