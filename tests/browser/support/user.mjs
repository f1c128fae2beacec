// A user of our own page (client-react): what they click, and what they see and hear.
import { until } from "./wait.mjs";

const JOINED = { timeout: 15_000 };

export class User {
  /** `page` is a fresh page of any browser; `server` what it is served by. */
  constructor(name, page, server) {
    this.name = name;
    this.page = page;
    this.server = server;
  }

  async join(room) {
    await this.page.goto(`${this.server.url}/rooms/${encodeURIComponent(room)}`);
    await this.page.waitForSelector("#name");
    await this.page.type("#name", this.name);
    await this.enter();
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

  /** Waits until each of `names` is seen and heard here, and goes on being seen. */
  async seesAndHears(...names) {
    const playing = async () => {
      const rows = await this.received();
      const all = names.every(
        (name) =>
          rows.some(({ who, source, frames }) => who === name && source === "camera" && frames > 0) &&
          rows.some(({ who, audioEnergy }) => who === name && audioEnergy > 0),
      );
      return all && rows;
    };
    const before = await until(`${this.name} sees and hears ${names.join(", ")}`, playing);
    for (const { who, producerId, frames } of before.filter(({ source }) => source === "camera")) {
      await until(`${this.name} goes on seeing ${who}`, async () =>
        (await this.received()).some((row) => row.producerId === producerId && row.frames > frames + 5),
      );
    }
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
