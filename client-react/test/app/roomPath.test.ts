import { expect, test } from "vitest";
import { pathOfRoom, roomFromPath } from "../../src/app/roomPath";

test("both forms of address name the room", () => {
  expect(roomFromPath("/rooms/tea")).toBe("tea");
  expect(roomFromPath("/sfu/tea/")).toBe("tea");
  expect(roomFromPath(pathOfRoom("tea & cake/1"))).toBe("tea & cake/1");
});

test("other addresses name none", () => {
  for (const path of ["/", "/rooms/", "/rooms/a/b", "/rooms/%E0", "/admin/tea"]) expect(roomFromPath(path)).toBeNull();
});
