// An encoder that ignores key-frame requests, watched on the player's page and by a page of another dialect in its room.
import assert from "node:assert/strict";
import { after } from "node:test";
import { endAll } from "../../broadcast/support/client.mjs";
import { ffmpeg } from "../../broadcast/support/ffmpeg.mjs";
import { Broadcaster, Viewer } from "../support/broadcast.mjs";
import { comes, open, plays } from "../support/dialect.mjs";
import { named } from "../support/frontends.mjs";
import { scene } from "../support/scene.mjs";

after(endAll);

async function create(stage, asked) {
  const request = { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(asked) };
  return (await fetch(`${stage.server.url}/api/v1/broadcasts`, request)).json();
}

scene("what ffmpeg publishes is played by the player and in the room, also after it crashed", async (stage) => {
  const room = "encoder";
  const { id, whipUrl, viewUrl } = await create(stage, { room });
  const encoder = await ffmpeg(whipUrl, { gop: 6 }).runs();

  const viewer = await Viewer.at(stage, viewUrl);
  const frontend = named("c");
  const guest = await open(stage, frontend, "chromium", { room });
  await comes(guest, "publishing");
  await viewer.seesAndHears();
  await plays("the page in the room", guest, frontend);
  await stage.picture(viewer, "stream-encoder");

  const broadcaster = new Broadcaster("the broadcaster", await stage.page("chromium"));
  await broadcaster.page.goto(`${stage.server.url}/broadcast?id=${id}`);
  for (const fact of [/320×180/, /H264/, /Key frames come every 6/]) await broadcaster.reads(fact);
  await stage.picture(broadcaster, "broadcast-rare-key-frames");

  await encoder.kill();
  const again = await ffmpeg(whipUrl, { gop: 6 }).runs();
  await viewer.seesAndHears();
  assert.equal(await viewer.connections(), 1, "neither a reload nor another connection");
  await plays("the page in the room, afterwards", guest, frontend);
  await again.stop();
  await viewer.is("ended");
});
