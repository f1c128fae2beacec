// Rebuilds offers of clients that do not run here from what is public of them; the README beside the fixtures names it.
// Identifiers, keys and addresses are made up. Usage: node rebuild.mjs
import { readFileSync } from "node:fs";
import { keep } from "./keep.mjs";

const SHA = "AF:3C:12:98:5D:E0:77:1B:C4:0A:63:9F:28:B1:D6:4E:85:F2:0C:37:E9:5A:BD:16:72:C8:91:0F:A4:5B:E3:6D";
const MEDIA = "Kq7dN2vXw9LrT4bZ";
const CNAME = "p3YfH8sJc1RmU6Qe";
const SSRC = 2_718_281_828;

/** Lines of a session as libdatachannel up to 0.21 writes them: the transport's attributes before any media. */
const obsSession = (options) => [
  "v=0",
  "o=rtc 1618033988 0 IN IP4 127.0.0.1",
  "s=-",
  "t=0 0",
  "a=group:BUNDLE 0 1",
  "a=group:LS 0 1",
  "a=msid-semantic:WMS *",
  "a=setup:actpass",
  "a=ice-ufrag:t7Wc",
  "a=ice-pwd:m4VbQx1ZsKe8RgYd2NpU6h",
  `a=ice-options:${options}`,
  `a=fingerprint:sha-256 ${SHA}`,
];

const obsSource = (ssrc, kind) => [
  `a=ssrc:${ssrc} cname:${CNAME}`,
  `a=ssrc:${ssrc} msid:${MEDIA} ${MEDIA}-${kind}`,
  `a=msid:${MEDIA} ${MEDIA}-${kind}`,
];

const obsAudio = (port, address, candidates = []) => [
  `m=audio ${port} UDP/TLS/RTP/SAVPF 111`,
  `c=IN IP4 ${address}`,
  "a=mid:0",
  "a=sendonly",
  ...obsSource(SSRC, "audio"),
  "a=rtcp-mux",
  "a=rtpmap:111 opus/48000/2",
  "a=fmtp:111 minptime=10;maxaveragebitrate=96000;stereo=1;sprop-stereo=1;useinbandfec=1",
  ...candidates,
];

const H264 = ["H264", "profile-level-id=42e01f;packetization-mode=1;level-asymmetry-allowed=1"];

const obsVideo = (port, address, [codec, format], { extensions = [], source, layers = [] } = {}) => [
  `m=video ${port} UDP/TLS/RTP/SAVPF 96`,
  `c=IN IP4 ${address}`,
  "a=mid:1",
  ...extensions,
  "a=sendonly",
  ...(source ?? obsSource(SSRC + 1, "video")),
  ...layers,
  "a=rtcp-mux",
  `a=rtpmap:96 ${codec}/90000`,
  ...["nack", "nack pli", "goog-remb"].map((feedback) => `a=rtcp-fb:96 ${feedback}`),
  ...(format ? [`a=fmtp:96 ${format}`] : []),
];

/** 30.1: gathers before it asks, so that the first section has candidates and both its port and address. */
function obs30() {
  const [port, address] = [57_249, "192.0.2.53"];
  const candidates = [
    `a=candidate:1 1 UDP 2122317823 ${address} ${port} typ host`,
    "a=candidate:2 1 UDP 2122316799 fe80::6c3d:5b42:1532:2f9a 57250 typ host",
    "a=end-of-candidates",
  ];
  return [...obsSession("ice2,trickle"), ...obsAudio(port, address, candidates), ...obsVideo(port, address, H264)];
}

/** 30.2 to 31: no candidates at all. */
const obs31 = (codec) => [...obsSession("ice2,trickle"), ...obsAudio(9, "0.0.0.0"), ...obsVideo(9, "0.0.0.0", codec)];

/** 32.1: extensions always, and with more than one layer RIDs in place of the sources' lines. */
function obs32(count) {
  const rids = Array.from({ length: count }, (_, layer) => layer);
  const extensions = ["mid", "rtp-stream-id"].map((name, index) => `a=extmap:${index + 1} urn:ietf:params:rtp-hdrext:sdes:${name}`);
  const simulcast = {
    source: [`a=msid:${MEDIA} ${MEDIA}-video`],
    layers: [...rids.map((rid) => `a=rid:${rid} send`), `a=simulcast:send ${rids.join(";")}`],
  };
  const video = obsVideo(9, "0.0.0.0", H264, { extensions, ...(count > 1 && simulcast) });
  return [...obsSession("ice2,trickle"), ...obsAudio(9, "0.0.0.0"), ...video];
}

const safari = JSON.parse(readFileSync(new URL("../../../crates/ortc/tests/fixtures/safari.json", import.meta.url)));

const SAFARI_TRANSPORT = [
  "c=IN IP4 0.0.0.0",
  "a=rtcp:9 IN IP4 0.0.0.0",
  "a=ice-ufrag:Zk5T",
  "a=ice-pwd:4nGq8WvYb1XsLd7RcUo2MfHe",
  "a=ice-options:trickle",
  `a=fingerprint:sha-256 ${SHA}`,
  "a=setup:actpass",
];

function safariCodec({ preferredPayloadType: id, mimeType, clockRate, channels, parameters, rtcpFeedback }) {
  const format = Object.entries(parameters).map(([key, value]) => `${key}=${value}`).join(";");
  return [
    `a=rtpmap:${id} ${mimeType.split("/")[1]}/${clockRate}${channels > 1 ? `/${channels}` : ""}`,
    ...rtcpFeedback.map(({ type, parameter }) => `a=rtcp-fb:${id} ${type}${parameter && ` ${parameter}`}`),
    ...(format ? [`a=fmtp:${id} ${format}`] : []),
  ];
}

function safariMedia(kind, mid, direction, extra) {
  const { codecs, headerExtensions } = safari.native.send;
  const [own, extensions] = [codecs, headerExtensions].map((list) => list.filter((one) => one.kind === kind));
  return [
    `m=${kind} 9 UDP/TLS/RTP/SAVPF ${own.map((codec) => codec.preferredPayloadType).join(" ")}`,
    ...SAFARI_TRANSPORT,
    `a=mid:${mid}`,
    ...extensions.map(({ uri, preferredId }) => `a=extmap:${preferredId} ${uri}`),
    `a=${direction}`,
    ...extra.slice(0, 1),
    "a=rtcp-mux",
    ...(kind === "video" ? ["a=rtcp-rsize"] : []),
    ...own.flatMap(safariCodec),
    ...extra.slice(1),
  ];
}

function safariOffer(direction, order, stream) {
  const source = (kind) => {
    if (!stream) return [];
    const [first, repair] = kind === "audio" ? [SSRC] : [SSRC + 2, SSRC + 3];
    const track = kind === "audio" ? "c0a80101-7a1b-4c2d-9e3f-000000000001" : "c0a80101-7a1b-4c2d-9e3f-000000000002";
    const lines = (ssrc) => [`a=ssrc:${ssrc} cname:${CNAME}`, `a=ssrc:${ssrc} msid:${stream} ${track}`];
    const group = repair ? [`a=ssrc-group:FID ${first} ${repair}`, ...lines(first), ...lines(repair)] : lines(first);
    return [`a=msid:${stream} ${track}`, ...group];
  };
  return [
    "v=0",
    "o=- 7793204826810525586 2 IN IP4 127.0.0.1",
    "s=-",
    "t=0 0",
    "a=group:BUNDLE 0 1",
    "a=extmap-allow-mixed",
    `a=msid-semantic: WMS${stream ? ` ${stream}` : ""}`,
    ...order.flatMap((kind, mid) => safariMedia(kind, mid, direction, source(kind))),
  ];
}

const STREAM = "6937f626-e28c-45c3-a69e-f8100c790455";
const H265 = ["H265"];
const AV1 = ["AV1"];

const FIRST = ["EsAw", "P2uYro0UCOQ4zxjKXaWCBui1", 61_764];
const SECOND = ["ysXw", "vw5LmwG4y/e6dPP/zAP9Gp5k", 61_766];

const candidates = ([ufrag, , port]) => [
  `a=candidate:1387637174 1 udp 2122260223 192.0.2.1 ${port} typ host generation 0 ufrag ${ufrag} network-id 1`,
  `a=candidate:3471623853 1 udp 2122194687 198.51.100.2 ${port + 1} typ host generation 0 ufrag ${ufrag} network-id 2`,
  `a=candidate:473322822 1 tcp 1518280447 192.0.2.1 9 typ host tcptype active generation 0 ufrag ${ufrag} network-id 1`,
];
const credentials = ([ufrag, pwd]) => [`a=ice-ufrag:${ufrag}`, `a=ice-pwd:${pwd}`];

/** RFC 9725: the media named as in the offer, credentials inside it. */
const fragment = (ice) => [
  "a=group:BUNDLE 0 1",
  "m=audio 9 UDP/TLS/RTP/SAVPF 111",
  "a=mid:0",
  ...credentials(ice),
  ...candidates(ice),
  "a=end-of-candidates",
];

/** Drafts before it, and RFC 8840: credentials before any media, and a media line of the shortest form. */
const draftFragment = (ice) => [
  ...credentials(ice),
  "m=audio 9 RTP/AVP 0",
  "a=mid:0",
  ...candidates(ice),
  "a=end-of-candidates",
];

/** MediaMTX's page: the media line as the offer has it, one candidate a request, never an end. */
const pageFragment = (ice) => [
  ...credentials(ice),
  "m=video 9 UDP/TLS/RTP/SAVPF 96 97 103 104",
  "a=mid:0",
  ...candidates(ice).slice(0, 1),
];

const REBUILT = {
  "obs-30.1-publish.sdp": obs30(),
  "obs-30.2-publish.sdp": obs31(H264),
  "obs-31-publish-h265.sdp": obs31(H265),
  "obs-31-publish-av1.sdp": obs31(AV1),
  "obs-32.1-publish.sdp": obs32(1),
  "obs-32.1-publish-simulcast.sdp": obs32(3),
  "safari-18.6-publish.sdp": safariOffer("sendonly", ["audio", "video"], STREAM),
  "safari-18.6-publish-sendrecv.sdp": safariOffer("sendrecv", ["audio", "video"], STREAM),
  "safari-18.6-view.sdp": safariOffer("recvonly", ["video", "audio"], null),
  "rfc9725-trickle.sdpfrag": fragment(FIRST),
  "rfc9725-restart.sdpfrag": ["a=ice-options:trickle ice2", ...fragment(SECOND)],
  "draft-whip-trickle.sdpfrag": draftFragment(FIRST),
  "draft-whip-restart.sdpfrag": credentials(SECOND),
  "mediamtx-page-trickle.sdpfrag": pageFragment(FIRST),
};
for (const [name, lines] of Object.entries(REBUILT)) keep(name, `${lines.join("\n")}\n`);
