// A user of our own page (client-react): what they click, and what they see and hear.
import { until } from "./wait.mjs";

const JOINED = { timeout: 15_000 };

/** Frames that a picture that moves decodes at least in a second, also on a small machine. */
const FRAMES = 5;
/** Energy of more than silence: that of a silent microphone is a billionth in a second, that of a fake one a hundredth. */
const SOUND = 1e-5;

export class User {
  /** `page` is a fresh page of any browser; `server` what it is served by. */
  constructor(name, page, server) {
    this.name = name;
    this.page = page;
    this.server = server;
  }

  async join(room) {
    await this.visit(room);
    await this.page.type("#name", this.name);
    await this.enter();
  }

  /** Into the lobby of a room. */
  async visit(room) {
    await this.page.goto(`${this.server.url}/rooms/${encodeURIComponent(room)}`);
    await this.page.waitForSelector("#name");
  }

  /** The same user after a reload: the page remembers name and room. */
  async rejoin() {
    await this.page.reload();
    await this.page.waitForSelector("#name");
    await this.enter();
  }

  async enter() {
    await this.page.click("button[type=submit]");
    await until(`${this.name} is in the room`, async () => (await this.state()).status === "joined", JOINED);
  }

  /** Presses a control: microphone, camera, screen, stats or leave. */
  press(control) {
    return this.page.click(`[data-control=${control}]`);
  }

  /** Waits for a sentence that says what went wrong. */
  reads(pattern, where = "[data-testid=notice]", patience = JOINED) {
    const text = () => this.page.evaluate((at) => document.querySelector(at)?.textContent ?? "", where);
    return until(`${this.name} reads ${pattern}`, async () => pattern.test(await text()), patience);
  }

  /** What has the focus: its control, id, label or text. */
  focused() {
    return this.page.evaluate(() => {
      const { dataset, id, tagName, textContent, ariaLabel } = document.activeElement;
      return dataset.control || id || ariaLabel || textContent || tagName;
    });
  }

  /** Waits until somebody's picture, or screen, moves on for some seconds. */
  goesOnSeeing(name, seconds = 1) {
    const [who, source] = name.endsWith("’s screen") ? [name.slice(0, -"’s screen".length), "screen"] : [name, "camera"];
    const rises = rising();
    return until(`${this.name} goes on seeing ${name}`, async () =>
      (await this.received()).some((row) => row.who === who && row.source === source && rises(row, row.frames, FRAMES * seconds)));
  }

  /** Names of the tiles that show a picture. */
  pictures() {
    return this.page.evaluate(() =>
      [...document.querySelectorAll("figure.tile:not(.waiting)")].map((tile) => tile.getAttribute("data-name")).sort());
  }

  /** Waits until a picture is there that is not one colour all over. */
  seesMoreThanBlack(name) {
    const contrast = () => this.page.evaluate((who) => {
      const video = document.querySelector(`figure[data-name="${who}"] video`);
      if (!video?.videoWidth) return 0;
      const pen = new OffscreenCanvas(32, 18).getContext("2d");
      pen.drawImage(video, 0, 0, 32, 18);
      const green = pen.getImageData(0, 0, 32, 18).data.filter((_, at) => at % 4 === 1);
      return Math.max(...green) - Math.min(...green);
    }, name);
    return until(`${this.name} sees more of ${name} than black`, async () => (await contrast()) > 40);
  }

  /** What the page's store holds, without the tracks. */
  state() {
    return this.page.evaluate(() => {
      const { status, self, peers, problem } = window.__miso.state();
      const media = (one) => ({ source: one.source, paused: one.paused, producerId: one.producerId });
      return { status, self, problem, peers: peers.map((peer) => ({ ...peer, media: peer.media.map(media) })) };
    });
  }

  async peers() {
    return (await this.state()).peers.map(({ displayName }) => displayName).sort();
  }

  /** One row per stream, see client-react/src/sfu/rows.ts. */
  rows() {
    return this.page.evaluate(() => window.__miso.rows());
  }

  async received() {
    return (await this.rows()).filter(({ direction }) => direction === "received");
  }

  /** Waits until each of `names` is seen and heard here from now on: what came before does not count. */
  async seesAndHears(...names) {
    const [seen, heard] = [rising(), rising()];
    const playing = async () => {
      // Each row is looked at each time, so that all are measured from the beginning.
      const rows = await this.received();
      const moving = rows.filter((row) => row.source === "camera" && seen(row, row.frames, FRAMES)).map(({ who }) => who);
      const loud = rows.filter((row) => heard(row, row.audioEnergy, SOUND)).map(({ who }) => who);
      return names.every((name) => moving.includes(name) && loud.includes(name));
    };
    await until(`${this.name} sees and hears ${names.join(", ")}`, playing, { timeout: 30_000 });
  }

  /** Waits until somebody is heard from now on. */
  hears(name) {
    const rises = rising();
    return until(`${this.name} hears ${name}`, async () =>
      (await this.received()).some((row) => row.who === name && rises(row, row.audioEnergy, SOUND)));
  }

  /** Waits until nothing is heard of somebody for a while. */
  async hearsNothingOf(name, ms = 1_500) {
    const sound = async () => (await this.received()).filter(({ who }) => who === name).reduce((all, { audioEnergy }) => all + audioEnergy, 0);
    let [quiet, since] = [await sound(), Date.now()];
    await until(`${this.name} hears nothing of ${name}`, async () => {
      const now = await sound();
      if (now > quiet + SOUND) [quiet, since] = [now, Date.now()];
      return Date.now() - since >= ms;
    });
  }

  /** Everything worth knowing when something failed. */
  async describe() {
    const ask = (question) => this.page.evaluate(question).catch((error) => String(error));
    return {
      name: this.name,
      said: this.page.said,
      state: await this.state().catch((error) => String(error)),
      rows: await this.rows().catch((error) => String(error)),
      reports: await ask(() => window.__miso.reports()),
    };
  }
}

/** Whether a row's count has risen by more than `more` since it was first looked at, or since it began anew. */
function rising() {
  const lowest = new Map();
  return ({ producerId, source }, count, more) => {
    const key = producerId ?? source;
    lowest.set(key, Math.min(lowest.get(key) ?? Infinity, count));
    return count > lowest.get(key) + more;
  };
}
