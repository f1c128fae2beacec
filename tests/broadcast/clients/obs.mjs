// Publishes as OBS Studio does: with its library, its offer without candidates, and no answer to key-frame requests.
// Lines of JSON tell what happens, as those of publish.py. Usage: node obs.mjs URL [GOP in seconds] [LAYERS]
import { spawn } from "node:child_process";
import { createSocket } from "node:dgram";
import datachannel from "node-datachannel";
import { binary, rtp } from "../support/ffmpeg.mjs";

const [url, gop = "1", layers = "1"] = process.argv.slice(2);
const [CNAME, MEDIA] = ["sURF2wTOmwqWwFdX", "ZEkK1QTjccuD7aXX"];
const SSRC = 1_349_455_989;
const OPUS = 111;
const H264 = 96;
/** Layers of OBS Studio 32: the largest first, equal steps. */
const SIZES = ["320x180", "212x120", "106x60"].slice(0, Number(layers));
const [MID, RID] = [1, 2];

const started = Date.now();
const tell = (event, more) => console.log(JSON.stringify({ event, at: Date.now() - started, ...more }));

function tracks(pc) {
  const audio = new datachannel.Audio("0", "SendOnly");
  audio.addOpusCodec(OPUS);
  audio.addSSRC(SSRC, CNAME, MEDIA, `${MEDIA}-audio`);
  const video = new datachannel.Video("1", "SendOnly");
  if (SIZES.length > 1) layer(video);
  else video.addSSRC(SSRC + 1, CNAME, MEDIA, `${MEDIA}-video`);
  video.addH264Codec(H264);
  return { audio: pc.addTrack(audio), video: pc.addTrack(video) };
}

/** Names the layers, as the library does for OBS Studio, where it is patched for that. */
function layer(video) {
  const rids = [...SIZES.keys()];
  const lines = [
    `extmap:${MID} urn:ietf:params:rtp-hdrext:sdes:mid`,
    `extmap:${RID} urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id`,
    ...rids.map((rid) => `rid:${rid} send`),
    `simulcast:send ${rids.join(";")}`,
  ];
  for (const line of lines) video.parseSdpLine(`a=${line}`);
}

/** A packet that says of which section (1) and layer it is. */
function named(packet, rid) {
  const head = Buffer.from(packet.subarray(0, 12));
  head[0] |= 0x10;
  const extension = [0xbe, 0xde, 0, 1, MID << 4, "1".charCodeAt(0), RID << 4, String(rid).charCodeAt(0)];
  return Buffer.concat([head, Buffer.from(extension), packet.subarray(12)]);
}

/** Sends what arrives at a port of this machine over a track, once that is open. */
async function forward(track, sent, kind, rid) {
  const socket = createSocket("udp4");
  await new Promise((resolve) => socket.bind(0, "127.0.0.1", resolve));
  socket.on("message", (packet) => {
    // RTCP comes to the next port, not to this one.
    const message = rid === undefined ? packet : named(packet, rid);
    if (track.isOpen() && track.sendMessageBinary(message)) sent[kind] += 1;
  });
  return socket.address().port;
}

async function connect(pc) {
  const offer = await new Promise((resolve) => {
    pc.onLocalDescription(resolve);
    pc.setLocalDescription();
  });
  const response = await fetch(url, { method: "POST", headers: { "content-type": "application/sdp" }, body: offer });
  const sdp = await response.text();
  if (response.status !== 201) {
    tell("refused", { status: response.status, body: sdp });
    process.exit(3);
  }
  tell("answered", { status: 201, sdp });
  pc.setRemoteDescription(sdp, "answer");
  return new URL(response.headers.get("location"), response.url);
}

const pc = new datachannel.PeerConnection("obs", { iceServers: [] });
pc.onStateChange((state) => tell("state", { state }));
const { audio, video } = tracks(pc);
const sent = { audio: 0, video: 0 };
const audioPort = await forward(audio, sent, "audio");
const videos = [];
for (const [rid, size] of SIZES.entries()) {
  const port = await forward(video, sent, "video", SIZES.length > 1 ? rid : undefined);
  videos.push({ port, type: H264, ssrc: SSRC + 1 + rid, size });
}
const session = await connect(pc);
const source = spawn(
  binary(),
  rtp({
    gop: Number(gop),
    audio: { port: audioPort, type: OPUS, ssrc: SSRC },
    videos,
  }),
  { stdio: ["ignore", "ignore", "inherit"] },
);
setInterval(() => tell("sent", sent), 250);

async function end() {
  source.kill("SIGKILL");
  pc.close();
  const response = await fetch(session, { method: "DELETE" }).catch((error) => ({ error: error.message }));
  tell("deleted", { status: response.status, error: response.error });
  process.exit(0);
}
process.once("SIGTERM", end);
process.stdin.on("end", end).resume();
