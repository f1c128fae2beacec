// Geni-96/mediasoup-test 8fbb713: both transports at once, video first, everything of everybody on `new-transport`, and a consumer
// resumed by two arguments.
import io from "socket.io-client";
import { asked, checked, layers, server } from "./base.js";
import { meet, oneForAll } from "./room.js";
import { C } from "./words-c.js";

const username = `user-${Math.random().toString(36).slice(2)}`;
let transports;
let rounds = 0;

meet({
  ...C,
  connect: () => io(server, { transports: ["websocket", "polling"], withCredentials: true }),
  starts: "connect",
  join: ({ ask, room }) =>
    ask("joinRoom", { username, param: room, create: asked.has("create") }).then((answer) => checked("joinRoom", answer).rtpCapabilities),
  send: async ({ ask }) => {
    transports = await ask("createWebRTCTransport");
    return checked("transport", transports.producer);
  },
  receive: () => checked("transport", transports.consumer),
  goesOn: undefined,
  tracks: ["video", "audio"],
  options: (kind) => (kind === "video" ? { encodings: layers(["r0", "r1", "r2"]) } : {}),
  // Its handler compares with the name of the first moment, which is none, and so consumes upon its own news, too. A round of
  // consuming has no name: each asks for whatever is new.
  key: () => (rounds += 1),
  announced: { "new-transport": (user) => (user === "" ? [] : [user]) },
  ended: {},
  over: oneForAll,
  connectReceive: ({ say }, { dtlsParameters }) => say("transport-recv-connect", { dtlsParameters }),
  consume: async ({ ask }, { rtpCapabilities }) => {
    const { paramsList } = await ask("consume", { rtpCapabilities });
    return paramsList.map((params) => checked("consume", params));
  },
  resume: ({ say }, { user, id }) => say("consumer-resume", user, id),
});
