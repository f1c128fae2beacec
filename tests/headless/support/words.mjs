// The steps of a call in every dialect, as its frontends take them. A remote is `{producerId, socketId, kind}`.
import { dtls, RTP } from "./media.mjs";
import { until } from "./wait.mjs";

const source = (kind) => ({ kind, rtpParameters: RTP[kind]() });
const ids = (answer, name = "id") => answer[name];

/** What every dialect has; `paused` tells which consumers wait for `resume`. */
const C = {
  connect: { namespace: "/mediasoup" },
  hears: ["new-producer", "producer-closed"],
  paused: { audio: true, video: true },
  enter: async (c, roomName) => (await c.get("joinRoom", { roomName })).rtpCapabilities,
  send: async (c) => {
    const { params } = await c.get("createWebRtcTransport", { consumer: false });
    c.say("transport-connect", { dtlsParameters: dtls() });
    return params;
  },
  produce: async (c, kind) => ids(await c.get("transport-produce", { ...source(kind), appData: {} })),
  consume: async (c, rtpCapabilities, { producerId }) => {
    const { params: transport } = await c.get("createWebRtcTransport", { consumer: true });
    const serverConsumerTransportId = transport.id;
    const wish = { rtpCapabilities, remoteProducerId: producerId, serverConsumerTransportId };
    const { params } = await c.get("consume", wish);
    c.say("transport-recv-connect", { dtlsParameters: dtls(), serverConsumerTransportId });
    return params;
  },
  resume: (c, { serverConsumerId }) => c.say("consumer-resume", { serverConsumerId }),
  /** An event that cannot succeed once the room is entered, and what its acknowledgement must be. */
  fails: async (c) => c.ask("consume", { rtpCapabilities: { codecs: [], headerExtensions: [] } }),
  refused: ({ error, params }) => typeof error === "string" && params.error === error,
};

const C_003 = {
  ...C,
  connect: { namespace: "/mediasoup", version: 2 },
  send: async (c) => {
    const { params } = await c.get("createWebRTCTransport", { consumer: false });
    c.say("transport-connect", { dtlsParameters: dtls() });
    return params;
  },
  consume: async (c, rtpCapabilities, { producerId }) => {
    const transport = await c.get("createWebRTCTransport", { consumer: true });
    const serverside_ConsumerTransportId = transport.id;
    const wish = { rtpCapabilities, remoteProducerId: producerId, serverside_ConsumerTransportId };
    const { params } = await c.get("consume", wish);
    c.say("transport-recv-connect", { dtlsParameters: dtls(), serverside_ConsumerTransportId });
    return params;
  },
  resume: (c, { serverside_ConsumerId }) => c.say("consumer-resume", { serverside_ConsumerId }),
};

const MEDIA = {
  ...C,
  connect: { namespace: "/media" },
  hears: ["new-pipe-producer", "producer-closed"],
};

const NAMES = {
  ...C,
  pin: "c-names",
  hears: [...C.hears, "new-peer", "peer-left"],
  enter: async (c, roomName) => (await c.get("joinRoom", { roomName, displayName: "Ann" })).rtpCapabilities,
};

const AVINASH = {
  ...C,
  pin: "c-room-id",
  connect: { namespace: "/" },
  // Its first words are also those of a frontend that knows producers by another name, and only once it receives or sends.
  hears: [...C.hears, "newProducer"],
  ready: (c) => AVINASH.produce(c, "audio"),
  enter: async (c, roomId) => {
    c.room = roomId;
    return (await c.get("joinRoom", { roomId })).rtpCapabilities;
  },
  send: async (c) => {
    const { params } = await c.get("createWebRtcTransport", { consumer: false, roomId: c.room });
    c.say("transport-connect", { dtlsParameters: dtls(), serverTransportId: params.id, roomId: c.room });
    c.sending = params.id;
    return params;
  },
  produce: async (c, kind) =>
    ids(await c.get("transport-produce", { ...source(kind), appData: {}, serverTransportId: c.sending, roomId: c.room })),
  consume: async (c, rtpCapabilities, { producerId }) => {
    const { params: transport } = await c.get("createWebRtcTransport", { consumer: true, roomId: c.room });
    const serverTransportId = transport.id;
    const wish = { rtpCapabilities, remoteProducerId: producerId, serverTransportId, roomId: c.room };
    const { params } = await c.get("consume", wish);
    c.say("transport-recv-connect", { dtlsParameters: dtls(), serverTransportId, roomId: c.room });
    return params;
  },
  resume: (c, { serverConsumerId }) => c.say("consumer-resume", { serverConsumerId, roomId: c.room }),
};

const CONFERENCE = {
  ...C,
  connect: { namespace: "/", auth: { token: "a.b.c" } },
  enter: async (c, roomName) => (await c.get("join-conference", { roomName })).rtpCapabilities,
};

const CALL = {
  ...C,
  connect: { namespace: "/call" },
  enter: async (c, roomId) => {
    c.room = roomId;
    await c.ask("create-peer", { roomId });
    return (await c.get("join-room", { roomId })).rtpCapabilities;
  },
  send: async (c) => {
    const { params } = await c.get("create-transport", { roomId: c.room, consumer: false });
    c.say("connect-transport", { dtlsParameters: dtls(), roomId: c.room, consumer: false });
    return params;
  },
  produce: async (c, kind) =>
    ids(await c.get("produce-transport", { roomId: c.room, consumer: false, ...source(kind), appData: {} })),
  consume: async (c, rtpCapabilities, { producerId }) => {
    await c.get("create-transport", { roomId: c.room, consumer: true });
    const { params } = await c.get("consume-transport", { roomId: c.room, remoteProducerId: producerId, rtpCapabilities });
    if (!c.receives) c.say("connect-transport", { dtlsParameters: dtls(), roomId: c.room, consumer: true });
    c.receives = true;
    return params;
  },
  resume: (c, { id }) => c.say("resume-consumer", { roomId: c.room, serverConsumerId: id }),
  fails: (c) => c.ask("consume-transport", { roomId: c.room, remoteProducerId: crypto.randomUUID(), rtpCapabilities: { codecs: [] } }),
};

const A_FINAL = {
  connect: { namespace: "/", greeted: false },
  hears: ["update-peer-list", "new-peer", "new-producer", "peer-left", "join-room-error", "produce-error", "consume-error"],
  paused: { audio: false, video: false },
  enter: async (c, roomId) => {
    c.room = roomId;
    c.joined = await c.get("join-room", { roomId, peerId: c.socket.id });
    return c.joined.rtpCapabilities;
  },
  send: (c) => {
    const { id: transportId } = c.joined.sendTransportOptions;
    c.say("connect-transport", { transportId, dtlsParameters: dtls(), roomId: c.room, peerId: c.socket.id });
    return c.joined.sendTransportOptions;
  },
  produce: async (c, kind) => {
    const { id: transportId } = c.joined.sendTransportOptions;
    return ids(await c.get("produce", { transportId, ...source(kind), roomId: c.room, peerId: c.socket.id }), "producerId");
  },
  consume: async (c, rtpCapabilities, { producerId }) => {
    const { id: transportId } = c.joined.recvTransportOptions;
    const wish = { transportId, producerId, roomId: c.room, peerId: c.socket.id, rtpCapabilities };
    const { consumerData } = await c.get("consume", wish);
    if (!c.receives) c.say("connect-transport", { transportId, dtlsParameters: dtls(), roomId: c.room, peerId: c.socket.id });
    c.receives = true;
    return consumerData;
  },
  fails: (c) =>
    c.ask("consume", { transportId: crypto.randomUUID(), producerId: crypto.randomUUID(), roomId: c.room, peerId: c.socket.id, rtpCapabilities: { codecs: [] } }),
  refused: ({ error }) => typeof error === "string",
};

const A_MID = {
  connect: { namespace: "/", greeted: false },
  hears: ["status-change", "new-producer"],
  paused: { audio: false, video: false },
  enter: (c, roomId) => {
    c.room = roomId;
    c.say("join-room", { roomId });
    return c.get("create-router", roomId);
  },
  send: async (c) => {
    const transport = await c.get("create-webRTC-transport", { isConsumer: false, roomId: c.room });
    c.say("transport-connect", { dtlsParameters: dtls(), isConsumer: false });
    return transport;
  },
  produce: async (c, kind) => {
    const mediaTag = kind === "video" ? "camera" : "audio";
    return ids(await c.get("transport-produce", { ...source(kind), isConsumer: false, roomId: c.room, mediaTag }), "producerId");
  },
  consume: async (c, rtpCapabilities, { socketId: produceSocketId, kind }) => {
    if (!c.receives) await c.get("create-webRTC-transport", { isConsumer: true, roomId: c.room, produceSocketId });
    const mediaTag = kind === "video" ? "camera" : "audio";
    const { paramsArray } = await c.get("consume-single", { rtpCapabilities, produceSocketId, mediaTag });
    if (!c.receives) c.say("recv-connect", { dtlsParameters: dtls(), isConsumer: true, produceSocketId });
    c.receives = true;
    return paramsArray[0].params;
  },
  fails: (c) => c.ask("transport-produce", { ...source("audio"), isConsumer: false, roomId: c.room, mediaTag: "audio" }),
  refused: ({ error }) => typeof error === "string",
};

const B = {
  connect: { namespace: "/mediasoup" },
  alone: true,
  // One of its frontends lists producers; the others say nothing of them.
  hears: ["producer-add", "producer-remove"],
  paused: { audio: true, video: true },
  enter: async (c) => (await c.get("getRtpCapabilities")).rtpCapabilities,
  send: async (c) => {
    const { params } = await c.get("createWebRtcTransport", { sender: true });
    c.say("transport-connect", { dtlsParameters: dtls() });
    return params;
  },
  produce: C.produce,
  consume: async (c, rtpCapabilities) => {
    await c.get("createWebRtcTransport", { sender: false });
    const { params } = await c.get("consume", { rtpCapabilities });
    c.say("transport-recv-connect", { dtlsParameters: dtls() });
    return params;
  },
  resume: (c) => c.say("consumer-resume"),
  fails: (c) => c.ask("consume", {}),
  refused: ({ params }) => typeof params.error === "string",
};

const B2 = {
  ...B,
  enter: async (c) => (await c.get("getRouterRtpCapabilities")).routerRtpCapabilities,
  send: async (c) => {
    const { params } = await c.get("createTransport", { sender: true });
    c.say("connectProducerTransport", { dtlsParameters: dtls() });
    return params;
  },
  produce: async (c, kind) => ids(await c.get("transport-produce", source(kind))),
  consume: async (c, rtpCapabilities) => {
    await c.get("createTransport", { sender: false });
    const { params } = await c.get("consumeMedia", { rtpCapabilities });
    c.say("connectConsumerTransport", { dtlsParameters: dtls() });
    return params;
  },
  resume: (c) => c.ask("resumePausedConsumer"),
  fails: (c) => c.ask("consumeMedia", {}),
};

const D = {
  connect: { namespace: "/video-conference", greeted: false },
  hears: ["message", "newProducer", "producerClosed"],
  paused: { audio: false, video: true },
  enter: (c, roomName) => c.call("getRouterRtpCapabilities", { roomName }),
  send: async (c) => {
    c.sending = await c.call("createProducerTransport", { mode: "stream" });
    await c.call("connectProducerTransport", { dtlsParameters: dtls() });
    return c.sending;
  },
  produce: async (c, kind) => ids(await c.call("produce", { transportId: c.sending.id, ...source(kind), mode: "stream" })),
  consume: async (c, rtpCapabilities, { socketId: remoteId, kind }) => {
    if (!c.receives) c.receives = await c.call("createConsumerTransport", {});
    const answer = await c.call("consumeAdd", { rtpCapabilities, remoteId, kind, mode: "stream" });
    if (c.receives !== true) await c.call("connectConsumerTransport", { dtlsParameters: dtls() });
    c.receives = true;
    return { ...answer, remote: { remoteId, kind } };
  },
  resume: (c, { remote }) => (remote.kind === "video" ? c.call("resumeAdd", { ...remote, mode: "stream" }) : undefined),
  fails: (c) => c.all("connectConsumerTransport", {}),
  refused: ([error]) => Boolean(error),
};

const MULTIROOM = {
  ...D,
  connect: { namespace: "/", greeted: false, version: 2 },
  enter: (c, roomId) => {
    c.say("prepare_room", { roomId });
    return c.call("getRouterRtpCapabilities", {});
  },
};

const D_PRIME = {
  connect: { namespace: "/", greeted: false, path: "/server", version: 2 },
  alone: true,
  hears: ["newProducer"],
  paused: { audio: true, video: true },
  enter: (c) => c.get("getRouterRtpCapabilities", {}),
  send: async (c) => {
    c.sending = await c.get("createProducerTransport", { forceTcp: false, rtpCapabilities: {} });
    await c.get("connectProducerTransport", { dtlsParameters: dtls() });
    return c.sending;
  },
  produce: async (c, kind) => ids(await c.get("produce", { transportId: c.sending.id, ...source(kind) })),
  consume: async (c, rtpCapabilities) => {
    const { id: transportId } = await c.get("createConsumerTransport", { forceTcp: false });
    const answer = await c.get("consume", { rtpCapabilities });
    await c.get("connectConsumerTransport", { transportId, dtlsParameters: dtls() });
    return answer;
  },
  resume: (c) => c.get("resume", {}),
  fails: (c) => c.ask("produce", { transportId: crypto.randomUUID(), ...source("audio") }),
  refused: ({ error }) => typeof error === "string",
};

const H = {
  connect: { namespace: "/", greeted: false },
  hears: ["newProducers", "consumerClosed"],
  paused: { audio: false, video: false },
  enter: async (c, room_id) => {
    await c.get("createRoom", { room_id });
    await c.get("join", { name: "ann", room_id });
    return c.get("getRouterRtpCapabilities", {});
  },
  send: async (c) => {
    c.sending = await c.get("createWebRtcTransport", { forceTcp: false, rtpCapabilities: {} });
    c.receiving = await c.get("createWebRtcTransport", { forceTcp: false });
    await c.get("connectTransport", { dtlsParameters: dtls(), transport_id: c.sending.id });
    return c.sending;
  },
  produce: async (c, kind) =>
    ids(await c.get("produce", { producerTransportId: c.sending.id, ...source(kind) }), "producer_id"),
  consume: async (c, rtpCapabilities, { producerId }) => {
    const answer = await c.get("consume", { rtpCapabilities, consumerTransportId: c.receiving.id, producerId });
    if (!c.receives) await c.get("connectTransport", { dtlsParameters: dtls(), transport_id: c.receiving.id });
    c.receives = true;
    return answer;
  },
  fails: (c) => c.ask("connectTransport", { dtlsParameters: dtls(), transport_id: crypto.randomUUID() }),
  refused: ({ error }) => typeof error === "string",
};

const GENI = {
  connect: { namespace: "/", greeted: false, withCredentials: true },
  hears: ["new-transport", "changeUsername", "remove video", "sessionId"],
  paused: { audio: true, video: true },
  enter: async (c, param) => {
    c.username = `user-${c.socket.id}`;
    return (await c.get("joinRoom", { username: c.username, param, create: false })).rtpCapabilities;
  },
  send: async (c) => {
    const { producer, consumer } = await c.get("createWebRTCTransport");
    c.say("transport-connect", { dtlsParameters: dtls() });
    c.receiving = consumer;
    return producer;
  },
  produce: C.produce,
  consume: async (c, rtpCapabilities) => {
    const { paramsList } = await c.get("consume", { rtpCapabilities });
    if (!c.receives) c.say("transport-recv-connect", { dtlsParameters: dtls() });
    c.receives = true;
    return paramsList[0];
  },
  resume: (c, { user, id }) => c.say("consumer-resume", user, id),
  fails: (c) => c.ask("consume", {}),
  refused: (answer) => Boolean(answer.error ?? answer.paramsList?.[0].error),
};

const WORLD = {
  ...C,
  connect: { namespace: "/world", greeted: false },
  alone: true,
  hears: ["consume-producers", "producer-closed", "consumer-paused", "consumer-resumed"],
  enter: async (c) => (await c.get("join-game", { userName: "Ann" })).rtpCapabilities,
  produce: async (c, kind) => ids(await c.get("transport-produce", source(kind))),
  consume: async (c, rtpCapabilities, { producerId: remoteProducerId }) => {
    c.receives ??= (await c.get("createWebRtcTransport", { consumer: true })).params.id;
    const serverConsumerTransportId = c.receives;
    const { params } = await c.get("server-consume", { rtpCapabilities, remoteProducerId, serverConsumerTransportId });
    if (!c.connected) c.say("transport-recv-connect", { dtlsParameters: dtls(), serverConsumerTransportId });
    c.connected = true;
    return params;
  },
  fails: async (c) => c.ask("server-consume", { rtpCapabilities: { codecs: [], headerExtensions: [] } }),
};

/** Says a message of dialect E and gives the next of the type it is answered with. */
async function talk(c, message, type = message.type) {
  const next = () => c.heard("message").find((one) => one.type === type && !c.read.has(one));
  c.read ??= new WeakSet();
  for (let old = next(); type === "error" && old; old = next()) c.read.add(old);
  c.say("message", message);
  let answer;
  await until(() => `${type}, heard ${JSON.stringify(c.told)}`, () => {
    answer ??= next();
    if (answer) c.read.add(answer);
    return answer;
  });
  return answer;
}

const E = {
  connect: { namespace: "/", greeted: false },
  alone: true,
  hears: ["message"],
  paused: { audio: false, video: false },
  enter: async (c) => (await talk(c, { type: "rtpCapabilities" })).rtpCapabilities,
  send: async (c) => {
    const { sendTransport, recvTransport } = await talk(c, { type: "transport" });
    Object.assign(c, { sending: sendTransport.id, receiving: recvTransport.id });
    await talk(c, { type: "connect", id: c.sending, dtlsParameters: dtls() });
    return sendTransport;
  },
  produce: async (c, kind) =>
    ids(await talk(c, { type: "produce", id: c.sending, parameters: { ...source(kind), appData: {} } })),
  consume: async (c, rtpCapabilities, { producerId }) => {
    const answer = await talk(c, { type: "consume", id: c.receiving, producerId, rtpCapabilities });
    if (!c.receives) await talk(c, { type: "connect", id: c.receiving, dtlsParameters: dtls() });
    c.receives = true;
    return answer;
  },
  fails: (c) => talk(c, { type: "connect", id: crypto.randomUUID(), dtlsParameters: dtls() }, "error"),
  refused: ({ error }) => typeof error === "string",
};

/** Every dialect; some have several sorts of frontends. One without `pin` is pinned by its first word. */
export const WORDS = {
  "a-final": A_FINAL,
  "a-mid": A_MID,
  b: B,
  b2: B2,
  c: C,
  "c (003)": C_003,
  "c (names)": NAMES,
  "c (avinash)": AVINASH,
  "c (conference)": CONFERENCE,
  call: CALL,
  d: D,
  "d (multiroom)": MULTIROOM,
  "d-prime": D_PRIME,
  e: E,
  geni: GENI,
  h: H,
  media: MEDIA,
  world: WORLD,
};

/** What a dialect's words are pinned by. */
export const nameOf = (words) => WORDS[words].pin ?? words.split(" ")[0];
