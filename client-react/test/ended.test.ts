import { expect, test } from "vitest";
import { bench } from "./support/session";
import { serve } from "./support/server";

/** What is still on its way has come. */
const settled = () => new Promise((resolve) => { setTimeout(resolve, 20); });

test("what an operator ends is closed here, said, and sent anew when it is turned on", async () => {
  const { socket, session, until } = bench();
  serve(socket);
  const sent: Record<string, string> = {};
  socket.alter("transport-produce", (answer, payload) => {
    sent[(payload as { appData: { source: string } }).appData.source] = (answer as { id: string }).id;
    return answer;
  });
  await session.join("tea", "Ann");
  await until(() => { expect(Object.keys(sent)).toHaveLength(2); });
  await settled();
  const { camera = "", microphone = "" } = sent;
  socket.tell("producer-closed", { producerId: camera, peerId: "ann", reason: "closed-by-operator" });
  await settled();
  expect(session.store.get()).toMatchObject({ problem: "An operator ended your camera.", local: { tracks: { camera: null } } });
  expect(session.store.get().local.tracks.microphone).not.toBeNull();
  socket.tell("producer-closed", { producerId: microphone, peerId: "ann", reason: "closed-by-operator" });
  await settled();
  expect(session.store.get().problem).toContain("An operator ended your microphone.");
  // The server knows.
  expect(socket.count("producer-close")).toBe(0);
  await session.local.turnOn("camera");
  expect(sent["camera"]).not.toBe(camera);
  expect(session.store.get().problem).toBe("An operator ended your microphone.");
});
