// What browsers put into their payloads (Chromium, mediasoup-client), and the steps of a call in dialect C.
let ssrc = 1000;

export const dtls = (role = "client") => ({
  role,
  fingerprints: [{ algorithm: "sha-256", value: Array(32).fill("AB").join(":") }],
});

export const audio = () => ({
  mid: "0",
  codecs: [{
    mimeType: "audio/opus", payloadType: 111, clockRate: 48000, channels: 2,
    parameters: { minptime: 10, useinbandfec: 1 },
    rtcpFeedback: [{ type: "transport-cc", parameter: "" }, { type: "nack", parameter: "" }],
  }],
  headerExtensions: [{ uri: "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time", id: 2, encrypt: false, parameters: {} }],
  encodings: [{ ssrc: ++ssrc, dtx: false }],
  rtcp: { cname: "oPei3XUmVuWmjhOH", reducedSize: true },
});

export const video = () => ({
  mid: "1",
  codecs: [
    { mimeType: "video/VP8", payloadType: 96, clockRate: 90000, parameters: {}, rtcpFeedback: [{ type: "nack", parameter: "pli" }] },
    { mimeType: "video/rtx", payloadType: 97, clockRate: 90000, parameters: { apt: 96 }, rtcpFeedback: [] },
  ],
  headerExtensions: [],
  encodings: [{ ssrc: ++ssrc, rtx: { ssrc: ++ssrc }, dtx: false }],
  rtcp: { cname: "", reducedSize: true },
});

export const RTP = { audio, video };

/** joinRoom, a send transport, connected. */
export async function enter(client, roomName) {
  const { rtpCapabilities } = await client.get("joinRoom", { roomName });
  const { params } = await client.get("createWebRtcTransport", { consumer: false });
  client.say("transport-connect", { dtlsParameters: dtls() });
  return { rtpCapabilities, sendTransport: params.id };
}

export async function produce(client, kind = "video") {
  return client.get("transport-produce", { kind, rtpParameters: RTP[kind](), appData: { from: client.id } });
}

/** A receive transport of its own, consume, connect, resume: the order of every tutorial. */
export async function consume(client, rtpCapabilities, remoteProducerId) {
  const { params: transport } = await client.get("createWebRtcTransport", { consumer: true });
  const serverConsumerTransportId = transport.id;
  const { params } = await client.get("consume", { rtpCapabilities, remoteProducerId, serverConsumerTransportId });
  client.say("transport-recv-connect", { dtlsParameters: dtls(), serverConsumerTransportId });
  client.say("consumer-resume", { serverConsumerId: params.serverConsumerId });
  return { ...params, transportId: transport.id };
}
