/** A shared screen is known by the words of every frontend. */
import { expect, test } from "vitest";
import server from "../../src/signaling/dialect/shapes.rs?raw";
import { sourceOf } from "../src/sfu/source";

/** The members and words the server looks for. */
const listed = (name: string) => {
  const [, list = ""] = new RegExp(`const ${name}: \\[&str; \\d+\\] = \\[([^\\]]*)\\]`).exec(server) ?? [];
  return [...list.matchAll(/"([^"]+)"/g)].map(([, word = ""]) => word);
};
const [members, words] = [listed("MEMBERS"), listed("WORDS")];

test("each member and each word that the server knows is a screen", () => {
  expect(Math.min(members.length, words.length)).toBeGreaterThanOrEqual(5);
  for (const member of members) {
    for (const word of words) expect(sourceOf({ appData: { [member]: word }, kind: "video" })).toBe("screen");
  }
});

test("what says nothing of a screen is a camera or a microphone", () => {
  expect(sourceOf({ appData: { mediaTag: "cam-video" }, kind: "video" })).toBe("camera");
  expect(sourceOf({ appData: null, kind: "audio" })).toBe("microphone");
  expect(sourceOf({ appData: { source: "camera" }, kind: "video" })).toBe("camera");
  expect(sourceOf({ appData: { source: { screen: 1 } }, kind: "audio" })).toBe("microphone");
});
