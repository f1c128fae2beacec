import { expect, test } from "vitest";
import { DeviceError } from "../src/sfu/devices";
import { deviceSentence } from "../src/sfu/failures";
import { bench, openFake } from "./support/session";
import { serve } from "./support/server";

test("devices that are denied together are told together, until one opens", async () => {
  let denied = true;
  const { socket, session, until } = bench((source) =>
    denied ? Promise.reject(new DeviceError(deviceSentence(source, new DOMException("", "NotAllowedError")))) : openFake(source),
  );
  serve(socket);
  await session.join("tea", "Ann");
  await until(() => {
    expect(session.store.get().status).toBe("joined");
  });
  expect(session.store.get().problem).toMatch(/microphone is blocked.*camera is blocked/);
  denied = false;
  await session.local.turnOn("camera");
  expect(session.store.get().problem).toMatch(/^The microphone is blocked\. [^.]*\.$/);
  await session.local.turnOn("microphone");
  expect(session.store.get().problem).toBeNull();
});

test("a problem that was dismissed is not told again with the next", async () => {
  const { socket, session } = bench((source) =>
    Promise.reject(new DeviceError(deviceSentence(source, new DOMException("", "NotAllowedError")))),
  );
  serve(socket);
  await session.join("tea", "Ann");
  session.store.set({ problem: null });
  await session.local.turnOn("screen");
  expect(session.store.get().problem).toMatch(/^The screen is not shared/);
});
