// Records what Chromium and Firefox offer to publish and to view, and Chromium's candidates as a trickle fragment.
// Usage: node browsers.mjs, after `npm ci` in tests/browser.
import { createServer } from "node:http";
import { startChromium, startFirefox } from "../../browser/support/browsers.mjs";
import { keep } from "./keep.mjs";

/** Runs in the page: the offers of a WHIP and of a WHEP client that trickles, and one that waits for its candidates. */
const offers = async () => {
  const stream = await navigator.mediaDevices.getUserMedia({ audio: true, video: { width: 640, height: 360 } });
  const [audio, video] = ["audio", "video"].map((kind) => stream.getTracks().find((track) => track.kind === kind));
  const connection = () => new RTCPeerConnection({ bundlePolicy: "max-bundle" });
  const offered = async (pc) => {
    await pc.setLocalDescription(await pc.createOffer());
    return pc.localDescription.sdp;
  };
  const gathered = (pc) =>
    new Promise((resolve) => {
      const done = () => pc.iceGatheringState === "complete" && resolve(pc.localDescription.sdp);
      pc.addEventListener("icegatheringstatechange", done);
      done();
    });
  const publishing = (encodings) => {
    const pc = connection();
    pc.addTransceiver(audio, { direction: "sendonly", streams: [stream] });
    pc.addTransceiver(video, { direction: "sendonly", streams: [stream], ...(encodings && { sendEncodings: encodings }) });
    return pc;
  };
  const plain = publishing();
  const publish = await offered(plain);
  const complete = await gathered(plain);
  const simulcast = await offered(
    publishing([
      { rid: "l", scaleResolutionDownBy: 4 },
      { rid: "m", scaleResolutionDownBy: 2 },
      { rid: "h" },
    ]),
  );
  const viewing = connection();
  for (const kind of ["video", "audio"]) viewing.addTransceiver(kind, { direction: "recvonly" });
  const view = await offered(viewing);
  const both = new RTCPeerConnection();
  for (const track of stream.getTracks()) both.addTrack(track, stream);
  return { publish, complete, simulcast, view, sendrecv: await offered(both) };
};

/** The fragment a WHIP client PATCHes once all candidates are there (RFC 8840): credentials, media, candidates, the end. */
function fragment(sdp) {
  const [session, ...media] = sdp.split(/(?=^m=)/m);
  const lines = (part, wanted) => part.split("\r\n").filter((line) => wanted.test(line));
  const first = media.find((section) => section.includes("a=candidate:"));
  return [
    ...lines(session, /^a=(group|ice-)/),
    ...lines(first, /^a=ice-(ufrag|pwd)/),
    ...lines(first, /^(m=|a=mid:)/).map((line) => line.replace(/^m=(\w+) \d+ (\S+) .*/, "m=$1 9 $2 0")),
    ...lines(first, /^a=candidate:/),
    "a=end-of-candidates",
    "",
  ].join("\r\n");
}

const page = createServer((_, response) => response.setHeader("content-type", "text/html").end("<!doctype html>"));
await new Promise((resolve) => page.listen(0, "127.0.0.1", resolve));

for (const start of [startChromium, startFirefox]) {
  const browser = await start();
  const tab = await browser.newPage();
  await tab.goto(`http://127.0.0.1:${page.address().port}/`);
  const { publish, complete, simulcast, view, sendrecv } = await tab.evaluate(offers);
  console.log(browser.name, await browser.version());
  keep(`${browser.name}-publish.sdp`, publish);
  keep(`${browser.name}-publish-gathered.sdp`, complete);
  keep(`${browser.name}-publish-simulcast.sdp`, simulcast);
  keep(`${browser.name}-publish-sendrecv.sdp`, sendrecv);
  keep(`${browser.name}-view.sdp`, view);
  keep(`${browser.name}-trickle.sdpfrag`, fragment(complete));
  await browser.close();
}
page.close();
