// Where fixtures go, and what is taken out of them: addresses of the machine they were recorded on.
import { writeFileSync } from "node:fs";
import { networkInterfaces } from "node:os";

const HERE = new URL("../../fixtures/sdp/", import.meta.url);

/** Addresses of this machine, and those RFC 5737 and RFC 3849 set apart for examples to stand for them. */
function stand() {
  const own = Object.values(networkInterfaces()).flat().filter(({ internal }) => !internal);
  const count = { IPv4: 0, IPv6: 0 };
  return own.map(({ address, family }) => {
    const number = ++count[family];
    return [address, family === "IPv4" ? `192.0.2.${number}` : `2001:db8::${number}`];
  });
}

/** Writes a body with lines that end in CRLF, as RFC 8866 wants them and every client here sends them. */
export function keep(name, body) {
  let text = body.replace(/\r?\n/g, "\r\n");
  for (const [address, example] of stand()) text = text.replaceAll(address, example);
  writeFileSync(new URL(name, HERE), text);
  console.log(`${name}: ${text.length} bytes`);
}
