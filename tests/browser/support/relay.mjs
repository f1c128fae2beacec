// Stands between a page and the server for sound and pictures, as a home's router does, and can be given other addresses.
import { createSocket } from "node:dgram";

/** In a page, before its scripts: every connection goes through the relay's `port`, by UDP alone. */
export const through = (port) => {
  const { prototype } = window.RTCPeerConnection;
  const set = prototype.setRemoteDescription;
  prototype.setRemoteDescription = function ({ type, sdp }) {
    const lines = sdp.split("\r\n").filter((line) => !/^a=candidate:.* tcp /i.test(line));
    const moved = lines.map((line) => line.replace(/^(a=candidate:(?:\S+ ){5})\d+ /, `$1${port} `));
    return set.call(this, { type, sdp: moved.join("\r\n") });
  };
};

/** Relays to `media` of a server (support/server.mjs). */
export async function startRelay({ address, port }) {
  /** By the page's socket: ours to the server. */
  const outside = new Map();
  let answers = 0;
  const near = createSocket("udp4");
  const leave = (to) => {
    const far = createSocket("udp4");
    far.on("message", (packet) => {
      answers += 1;
      near.send(packet, to.port, to.address);
    });
    far.bind(0, address);
    return far;
  };
  near.on("message", (packet, from) => {
    const key = `${from.address} ${from.port}`;
    if (!outside.has(key)) outside.set(key, leave(from));
    outside.get(key).send(packet, port, address);
  });
  await new Promise((resolve) => near.bind(0, address, resolve));
  const forget = () => {
    for (const far of outside.values()) far.close();
    outside.clear();
    answers = 0;
  };
  return {
    port: near.address().port,
    /** How much the server has sent to the addresses of now. */
    answers: () => answers,
    /** From now on the server sees the pages come from other addresses; what it sends to the old ones is lost. */
    move: forget,
    close: () => {
      forget();
      near.close();
    },
  };
}
