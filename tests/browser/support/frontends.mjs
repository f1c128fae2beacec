// The frontends whose words are tried: where they are from, the versions of their libraries they are built with here, and the
// page that speaks for them.

/**
 * dialect, name, source; versions of mediasoup-client and socket.io-client: those the frontend pins, the lowest here that its
 * range allows, or (with a `~`) ones of its time where it names none. `served` is the client the server hands out itself.
 */
const frontend = (dialect, name, source, client, io, more = {}) => ({
  ...{ dialect, name, source, client, io, page: name, browsers: ["chromium"], media: ["video", "audio"], query: {} },
  ...more,
});

const BOTH = { browsers: ["chromium", "firefox"] };
const PICTURE = { media: ["video"] };
const pair = { ...PICTURE, pair: true };

export const FRONTENDS = [
  frontend("a-final", "a-final", "smaivnn/mediasoup-tutorial-react-nestjs e425c10", "3.7.2", "4.7.3", { ...BOTH, leaves: true }),
  frontend("a-mid", "a-mid", "smaivnn/mediasoup-tutorial-react-nestjs 7e8872c", "3.7.2", "4.7.3", { untold: true }),

  frontend("b", "b", "dikyardiyanto17/webrtc-sfu f9c887a", "3.6.98", "4.7.3", pair),
  frontend("b", "b-createroom", "dikyardiyanto17/webrtc-sfu c6f24ef", "3.6.98", "4.7.3", { ...pair, page: "b", query: { first: "createRoom" } }),
  frontend("b", "b-broadcast", "MuzmmilKhan1/Mediasoup-frontend ac69c71", "3.7.2", "4.7.3", pair),
  frontend("b", "b-onetoone", "zakariaelattar/mediasoup-client-react 2372545, OneToOne", "3.6.98", "4.7.3", pair),
  frontend("b", "b-crackersam", "crackersam/mediasoup-tut 53a6f78, without rooms", "~3.7.16", "~4.7.3", pair),
  frontend("b2", "b2", "Aphatheology/mediasoup-demo 103344d", "3.12.4", "4.7.5", pair),

  frontend("c", "c", "jamalag/mediasoup3 e322c5f", "3.6.43", "~4.1.3", BOTH),
  frontend("c", "c-003", "Kimsc9976/ottogi_discord_server-client 8050a31", "~3.6.82", "2.5.0", { leaves: true }),
  frontend("c", "c-003-bare", "sgdevcamp2022/ottogi c9b0388, signalingServer", "~3.6.82", "2.5.0", { page: "c-003", query: { bare: "" }, leaves: true }),
  frontend("c", "c-siwamsingh", "siwamsingh/Mediasoup-VideoChat ae412d3", "3.7.16", "4.7.5"),
  frontend("c", "c-junheelee96", "junheeLee96/react-mediasoup-sfu b8e8e99", "3.7.7", "4.7.5"),
  frontend("c", "c-connectedtoavinash", "connectedtoavinash/mediasoupPOC d5e5b44", "3.18.6", "4.8.4"),
  frontend("c", "c-jules-meet", "arafatDU/jules-meet 12c5ea0", "3.7.7", "4.8.4"),
  frontend("c", "c-crackersam", "crackersam/mediasoup-tut 53a6f78, rooms", "~3.7.16", "~4.7.3", PICTURE),
  frontend("c", "c-conference", "zakariaelattar/mediasoup-client-react 2372545, Conference", "3.6.98", "4.7.3", { first: { create: "" } }),
  frontend("c", "c-mediasoup-nodejs", "dikyardiyanto17/mediasoup-nodejs 754269b", "3.6.98", "4.7.3"),
  frontend("c", "c-meet-mvp", "rishav-goswami/meet-mvp f3cecbe", "3.18.6", "4.8.4"),
  frontend("c", "c-mediasfu", "MediaSFU/MediaSFU-ReactJS 6c70edf", "3.7.17", "4.8.0"),
  frontend("call", "call", "Nil2000/mediasoup-react-nodejs 20c0c7e", "3.18.6", "4.8.4"),
  frontend("world", "world", "Kavyansh-Bagdi/nearworld afad086", "3.18.6", "4.8.4"),
  frontend("geni", "geni", "Geni-96/mediasoup-test 8fbb713", "3.18.6", "4.8.4", { untold: true, first: { create: "" } }),

  frontend("d", "d-ottogi-conference", "sgdevcamp2022/ottogi c9b0388, src/frontend, conference", "3.6.82", "4.7.3", { ...BOTH, page: "d-ottogi", query: { ns: "/video-conference" } }),
  frontend("d", "d-ottogi-broadcast", "sgdevcamp2022/ottogi c9b0388, src/frontend, broadcast", "3.6.82", "4.7.3", { page: "d-ottogi", query: { ns: "/video-broadcast" } }),
  frontend("d", "d-broadcast", "mganeko/mediasoup_v3_example ca80de0, publish, subscribe, loopback", "3.2.11", "2.5.0", { pair: true }),
  frontend("d", "d-multiroom", "mganeko/mediasoup_v3_example ca80de0, multiroom", "3.2.11", "served"),
  frontend("d-prime", "d-prime", "mkhahani/mediasoup-sample-app 4c26c1e", "3.2.11", "2.5.0", pair),

  frontend("e", "e", "NNNiNiNNN/mediasoup-socketio-test 615c026", "3.6.52", "4.7.3"),
  frontend("g", "g", "Daiius/webrtc-server b69b108", "3.7.17", "none"),

  frontend("h", "h", "Dirvann/mediasoup-sfu-webrtc-video-rooms 1dd6e9c", "3.6.43", "served", { ...BOTH, leaves: true }),
  frontend("h", "h-react", "quangmv2/webrtc-mediasoup-react 9b461c2", "3.6.25", "3.0.4", { page: "h", query: { bundled: "", transports: "websocket,polling" }, leaves: true }),
  frontend("h", "h-websocket", "miroslavpejic85/mirotalksfu f4a9a42, its start", "~3.18.6", "served", { page: "h", query: { transports: "websocket" }, leaves: true }),
];

export const named = (name) => FRONTENDS.find((one) => one.name === name);

const OURS = { "socket.io-client": "4.8.4" };

/** The package that plays a library in this version. */
function packaged(library, version) {
  const plain = version.replace("~", "");
  return OURS[library] === plain ? library : `${library}-${plain.replaceAll(".", "-")}`;
}

/** A frontend's page and what it is asked for with. */
export const pageOf = ({ page, client, io, query }) => [
  `dialects/${page}`,
  {
    ...query,
    client: packaged("mediasoup-client", client),
    io: /\d/.test(io) ? packaged("socket.io-client", io) : "socket.io-client",
  },
];
