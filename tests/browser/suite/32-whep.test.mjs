// What browsers send, watched by WHEP: somebody in a room, and a broadcast in several sizes.
import { Viewer } from "../support/broadcast.mjs";
import { inbound } from "../support/heard.mjs";
import { scene } from "../support/scene.mjs";
import { User } from "../support/user.mjs";
import { until } from "../support/wait.mjs";

for (const browser of ["chromium", "firefox"]) {
  scene(`somebody in a room is watched by WHEP in ${browser}`, async (stage) => {
    const room = `whep-${browser}`;
    const ann = new User("Ann", await stage.page("chromium"), stage.server);
    await ann.join(room);
    const viewer = await Viewer.at(stage, `${stage.server.url}/stream?id=${room}`, browser);
    await viewer.seesAndHears();
    // Nobody is watched unseen.
    await until("Ann is told of the viewer", async () => (await ann.state()).peers.some(({ displayName }) => displayName === "Viewer"));
    await ann.press("leave");
    await viewer.is("ended");
  });
}

/** Publishes the fake camera in two sizes. */
const publishTwo = async (whipUrl) => {
  const stream = await navigator.mediaDevices.getUserMedia({ audio: true, video: { width: 640, height: 360 } });
  const connection = new RTCPeerConnection();
  const [audio, video] = [stream.getAudioTracks()[0], stream.getVideoTracks()[0]];
  connection.addTransceiver(audio, { direction: "sendonly" });
  // Two: Chromium sends no third of a picture this small.
  const sendEncodings = [
    { rid: "h", scaleResolutionDownBy: 2, maxBitrate: 150_000 },
    { rid: "f", maxBitrate: 500_000 },
  ];
  connection.addTransceiver(video, { direction: "sendonly", sendEncodings });
  // Sizes are what is looked at: a busy machine shall send fewer pictures, not smaller ones.
  const [, { sender }] = connection.getTransceivers();
  await sender.setParameters({ ...sender.getParameters(), degradationPreference: "maintain-resolution" });
  await connection.setLocalDescription();
  const headers = { "content-type": "application/sdp" };
  const response = await fetch(whipUrl, { method: "POST", headers, body: connection.localDescription.sdp });
  const sdp = await response.text();
  if (response.status !== 201) throw new Error(`${response.status} ${sdp}`);
  await connection.setRemoteDescription({ type: "answer", sdp });
  window.connection = connection;
};

/** Watches, and keeps the address of its session. */
const watch = async (url) => {
  const connection = new RTCPeerConnection();
  for (const kind of ["video", "audio"]) connection.addTransceiver(kind, { direction: "recvonly" });
  await connection.setLocalDescription();
  const headers = { "content-type": "application/sdp" };
  const response = await fetch(url, { method: "POST", headers, body: connection.localDescription.sdp });
  await connection.setRemoteDescription({ type: "answer", sdp: await response.text() });
  window.connection = connection;
  return new URL(response.headers.get("location"), url).href;
};

const reports = (page) => page.evaluate(async () => [...(await window.connection.getStats()).values()]);

scene("a broadcast in two sizes is watched in the one a viewer asks for", async (stage) => {
  const created = await fetch(`${stage.server.url}/api/v1/broadcasts`, { method: "POST" });
  const { whipUrl, viewId } = await created.json();
  const blank = async () => {
    const page = await stage.page("chromium");
    await page.goto(`${stage.server.url}/stream`);
    return page;
  };
  const [encoder, viewer] = [await blank(), await blank()];
  await encoder.evaluate(publishTwo, whipUrl);
  const session = await viewer.evaluate(watch, `${stage.server.url}/whep/${viewId}`);
  const wide = (width) =>
    until(`a picture ${width} wide`, async () => inbound(await reports(viewer), "video").some(({ frameWidth }) => frameWidth === width));
  const choose = (encodingId) => {
    const headers = { "content-type": "application/json" };
    return fetch(`${session}/layer`, { method: "POST", headers, body: JSON.stringify({ encodingId }) });
  };
  for (const [encodingId, width] of [["0", 320], ["1", 640], ["0", 320]]) {
    const { status } = await choose(encodingId);
    if (status !== 200) throw new Error(`layer ${encodingId}: ${status}`);
    await wide(width);
  }
});
