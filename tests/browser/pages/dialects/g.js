// Daiius/webrtc-server b69b108: watches over HTTP alone; nothing names the viewer or its transport. ?room: not the default room.
import { asked, device, load, play, receivingOver, report, server } from "./base.js";

const room = asked.get("room");
const path = (name) => `${server}/mediasoup/${name}${room ? `?room=${encodeURIComponent(room)}` : ""}`;
const got = async (response) => {
  if (!response.ok) throw new Error(`${response.url}: ${response.status}`);
  return response;
};
const get = async (name) => (await got(await fetch(path(name)))).json();
const post = async (name, body) =>
  got(await fetch(path(name), { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) }));

async function watch() {
  await load(await get("router-rtp-capabilities"));
  const transport = receivingOver(await get("streamer-transport-parameters"), {
    connect: async ({ dtlsParameters }) => (await post("client-connect", dtlsParameters)).text(),
  });
  window.leave = () => transport.close();
  const { video, audio } = await (await post("consumer-parameters", device.rtpCapabilities)).json();
  for (const consumer of [video, audio]) await play(transport, consumer);
}

watch().then(() => (window.watching = true), report);
