// Our own page in a room with somebody whose frontend is another one: everything they send is seen.
import { comes, open } from "../support/dialect.mjs";
import { FRONTENDS } from "../support/frontends.mjs";
import { scene } from "../support/scene.mjs";
import { until } from "../support/wait.mjs";

const OTHER = FRONTENDS.find(({ dialect }) => dialect === "c");

/** Sends one more picture, of which the frontend says this much. */
async function sendsAnother(page, appData) {
  await page.evaluate(async (said) => {
    const canvas = Object.assign(document.createElement("canvas"), { width: 320, height: 180 });
    const pen = canvas.getContext("2d");
    let hue = 0;
    setInterval(() => {
      pen.fillStyle = `hsl(${(hue += 20)} 80% 50%)`;
      pen.fillRect(0, 0, canvas.width, canvas.height);
    }, 50);
    const [track] = canvas.captureStream(20).getVideoTracks();
    await window.sending.produce({ track, appData: said });
  }, appData);
}

scene("the screen and the second camera of another frontend's user have tiles of their own", async (stage) => {
  const room = "mixed";
  const page = await open(stage, OTHER, "chromium", { room });
  await comes(page, "publishing");
  const ann = await stage.user("Ann");
  await ann.join(room);
  await until("Ann sees the camera", async () => (await ann.pictures()).includes("Guest"));
  await sendsAnother(page, { mediaTag: "screen-share" });
  await until("Ann sees the screen", async () => (await ann.pictures()).includes("Guest’s screen"));
  await sendsAnother(page, {});
  await until("Ann sees the other camera", async () => (await ann.pictures()).includes("Guest (2)"));
  await ann.goesOnSeeing("Guest’s screen");
  await stage.picture(ann, "room-mixed");
});
