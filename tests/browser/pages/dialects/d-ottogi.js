// sgdevcamp2022/ottogi c9b0388, src/frontend publish.tsx, and izzuddinraffar deb8214: a namespace per purpose (?ns), the room in
// the question for capabilities, a mode in every payload, and consumers asked for in a mode nobody sends.
import io from "socket.io-client";
import { asked, server } from "./base.js";
import { meet } from "./room.js";
import { D } from "./words-d.js";

const mode = "stream";

meet({
  ...D,
  mode: { mode },
  connect: () => io(`${server}${asked.get("ns")}`, { transports: ["websocket"] }),
  join: async ({ call, room }) => {
    await call("getRouterRtpCapabilities", { roomName: room });
    return call("getRouterRtpCapabilities", { roomName: room });
  },
  send: ({ call }) => call("createProducerTransport", { mode }),
  produce: ({ call }, { transportId, kind, rtpParameters }) => call("produce", { transportId, kind, rtpParameters, mode }),
  current: ({ call }) => call("getCurrentProducers", {}),
  consume: async ({ call }, { rtpCapabilities, remote }) => {
    // Refused or never answered: both are as they know it.
    call("consumeAdd", { rtpCapabilities, ...remote, mode: "share_screen" }).catch(() => {});
    return [await call("consumeAdd", { rtpCapabilities, ...remote })];
  },
});
