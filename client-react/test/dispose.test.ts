// @vitest-environment happy-dom
import { expect, test, vi } from "vitest";
import { createSession } from "../src/index";

test("a session that is disposed of listens to the page no more, and holds no device", async () => {
  const session = createSession();
  const suspend = vi.spyOn(session, "suspend");
  const stopped = vi.spyOn(session.local, "stopAll");
  window.dispatchEvent(new Event("pagehide"));
  expect(suspend).toHaveBeenCalledTimes(1);
  await session.dispose();
  window.dispatchEvent(new Event("pagehide"));
  expect(suspend).toHaveBeenCalledTimes(1);
  expect(stopped).toHaveBeenCalledTimes(1);
});
