// Dirvann/mediasoup-sfu-webrtc-video-rooms 1dd6e9c, quangmv2/webrtc-mediasoup-react 9b461c2 and the start of
// miroslavpejic85/mirotalksfu f4a9a42: every answer is looked into for an error, `getProducers` is answered by an event.
// ?bundled: its own socket.io-client, else the one the server serves; ?transports: those alone.
import bundled from "socket.io-client";
import { asked, device, report, server } from "./base.js";
import { meet, oneForAll } from "./room.js";
import { served } from "./served.js";

const transports = asked.get("transports")?.split(",");

(asked.has("bundled") ? Promise.resolve(bundled) : served()).then((io) => {
  meet({
    connect: () => io(`${server}/`, transports && { transports }),
    starts: "connect",
    join: async ({ request, room }) => {
      const made = await request("createRoom", { room_id: room });
      if (made !== room && made !== "already exists") throw new Error(`createRoom: ${JSON.stringify(made)}`);
      const { peers } = await request("join", { name: "ann", room_id: room });
      JSON.parse(peers);
      return request("getRouterRtpCapabilities");
    },
    send: ({ request }) =>
      request("createWebRtcTransport", { forceTcp: false, rtpCapabilities: device.rtpCapabilities }),
    connectSend: ({ request }, { dtlsParameters, transportId }) =>
      request("connectTransport", { dtlsParameters, transport_id: transportId }),
    prepared: ({ say, open }) => open().then(() => say("getProducers")),
    produce: ({ request }, { transportId, kind, rtpParameters }) =>
      request("produce", { producerTransportId: transportId, kind, rtpParameters }),
    produced: ({ producer_id }) => ({ id: producer_id }),
    tracks: ["audio", "video"],
    key: (producerId) => producerId,
    announced: { newProducers: (all) => all.map(({ producer_id }) => producer_id) },
    ended: { consumerClosed: ({ consumer_id }) => ({ id }) => id === consumer_id },
    over: oneForAll,
    receive: ({ request }) => request("createWebRtcTransport", { forceTcp: false }),
    connectReceive: ({ request }, { dtlsParameters, transportId }) =>
      request("connectTransport", { dtlsParameters, transport_id: transportId }),
    consume: async ({ request }, { rtpCapabilities, transportId, remote }) => [
      await request("consume", { rtpCapabilities, consumerTransportId: transportId, producerId: remote }),
    ],
    leave: ({ request }) => request("exitRoom"),
  });
}, report);
