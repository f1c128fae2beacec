/** Every word of the protocol has a sentence that a person understands. */
import { expect, test } from "vitest";
import contract from "../src/protocol/generated.ts?raw";
import { RequestError, sentence } from "../src/sfu/failures";

/** The words as the server's types have them. */
const [, union = ""] = /export type ErrorCode =([^;]*);/.exec(contract) ?? [];
const WORDS = [...union.matchAll(/"([a-z-]+)"/g)].map(([, word = ""]) => word);

const OWN = "text of the server";
const told = (word: string) => sentence(new RequestError(word, OWN));

test("the contract has its words", () => {
  expect(WORDS).toEqual(expect.arrayContaining(["bad-request", "not-found", "limit-peers", "internal"]));
  expect(WORDS.length).toBeGreaterThanOrEqual(20);
});

test.each([...WORDS, "disconnected"])("%s is told in a sentence of ours", (word) => {
  expect(told(word).toLowerCase()).not.toContain(OWN);
  if (word.includes("-")) expect(told(word)).not.toContain(word);
  expect(told(word)).toMatch(/^[A-Z][^A-Z].*[.…]$/);
  expect(told(word).split(" ").length).toBeGreaterThanOrEqual(4);
});

test("what a newer server says is told as it says it", () => {
  expect(told("of-tomorrow")).toBe("Text of the server.");
  expect(told("constructor")).toBe("Text of the server.");
});
