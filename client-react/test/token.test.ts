/** A token is shown at each connection, as good as it is then. */
import { expect, test } from "vitest";
import { authOf, type Token } from "../src/sfu/token";

const shown = (token?: Token) => {
  const auth = authOf(token);
  return () => new Promise((resolve) => { auth(resolve); });
};

test("a token is shown as it is, and none is no member", async () => {
  expect(await shown("secret")()).toEqual({ token: "secret" });
  expect(await shown()()).toEqual({});
  expect(await shown("")()).toEqual({});
  expect(await shown(() => null)()).toEqual({});
});

test("a function is asked at each connection, and may take its time", async () => {
  let count = 0;
  const ask = shown(() => Promise.resolve(`token ${(count += 1)}`));
  expect([await ask(), await ask()]).toEqual([{ token: "token 1" }, { token: "token 2" }]);
});

test("a function that fails keeps nobody from connecting", async () => {
  expect(await shown(() => { throw new Error("no login"); })()).toEqual({});
});
