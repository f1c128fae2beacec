// Records what libdatachannel offers when it is asked as OBS Studio's plugins/obs-webrtc/whip-output.cpp asks it.
// Usage: npm install --no-save node-datachannel@0.33.4 && node libdatachannel.mjs
import datachannel from "node-datachannel";
import { keep } from "./keep.mjs";

const MEDIA = "ZEkK1QTjccuD7aXX";
const CNAME = "sURF2wTOmwqWwFdX";
const SSRC = 3_957_928_345;

function offer(name, codec) {
  const pc = new datachannel.PeerConnection("obs", { iceServers: [], disableAutoGathering: true });
  const sdp = new Promise((resolve) => pc.onLocalDescription(resolve));
  const audio = new datachannel.Audio("0", "SendOnly");
  audio.addOpusCodec(111);
  audio.addSSRC(SSRC, CNAME, MEDIA, `${MEDIA}-audio`);
  const video = new datachannel.Video("1", "SendOnly");
  video.addSSRC(SSRC + 1, CNAME, MEDIA, `${MEDIA}-video`);
  video[`add${codec}Codec`](96);
  const tracks = [pc.addTrack(audio), pc.addTrack(video)];
  pc.setLocalDescription();
  return sdp.then((text) => keep(name, text) ?? tracks);
}

console.log(datachannel.getLibraryVersion());
for (const codec of ["H264", "H265", "AV1"]) await offer(`libdatachannel-publish-${codec.toLowerCase()}.sdp`, codec);
process.exit(0);
