/** What shows the server that one may come in. */

/** A token of protocol.md, or what gives the one of the moment; without one nothing is shown. */
export type Token = string | (() => string | null | undefined | Promise<string | null | undefined>);

/** Socket.IO's `auth`: asked at each connection, so that each shows a token that is good then. */
export const authOf = (token?: Token) => (show: (auth: { token?: string }) => void): void => {
  const asked = Promise.resolve().then(() => (typeof token === "function" ? token() : token));
  // Without one the server says what it thinks of that.
  asked.then((given) => { show(given ? { token: given } : {}); }, () => { show({}); });
};
