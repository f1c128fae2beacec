// Kimsc9976/ottogi_discord_server-client 8050a31 and sgdevcamp2022/ottogi signalingServer/public: capitals in RTC, other names
// for what the server has, and a frontend that waits for two acknowledgements before it closes. The socket is one of version
// 2 and connects `/` on its way. ?bare: the transport's options come without `params` around them.
import io from "socket.io-client";
import { asked, checked, server } from "./base.js";
import { meet } from "./room.js";
import { C } from "./words-c.js";

const transport = async ({ ask }, consumer) => {
  const answer = await ask("createWebRTCTransport", { consumer });
  return checked("transport", asked.has("bare") ? answer : answer.params);
};
const goodbyes = [];

meet({
  ...C,
  connect: () => io(`${server}/mediasoup`),
  send: (c) => transport(c, false),
  receive: (c) => transport(c, true),
  goesOn(c, { producerExist }) {
    if (producerExist) return this.list(c);
  },
  connectReceive: ({ say }, { dtlsParameters, transportId }) =>
    say("transport-recv-connect", { dtlsParameters, serverside_ConsumerTransportId: transportId }),
  consume: async ({ ask }, { rtpCapabilities, transportId, remote }) => {
    const wish = { rtpCapabilities, remoteProducerId: remote, serverside_ConsumerTransportId: transportId };
    goodbyes.push(wish);
    const { params } = await ask("consume", wish);
    return [checked("consume", params)];
  },
  resume: ({ say }, { serverside_ConsumerId }) => say("consumer-resume", { serverside_ConsumerId }),
  /** What it closes with: acknowledged without arguments, one after the other. */
  leave: async ({ ask }) => {
    for (const wish of goodbyes) {
      await ask("produceClose", wish);
      await ask("exitRoom", wish);
    }
    return goodbyes.length;
  },
});
