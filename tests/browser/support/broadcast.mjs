// Who takes part in a broadcast: the broadcaster at the page with the id, an encoder that speaks WHIP, and viewers.
import { assertSeesAndHears } from "./heard.mjs";
import { until } from "./wait.mjs";

/** Before the page's scripts: keeps the connections it makes, to ask them what comes. */
export const keepConnections = () => {
  window.connections = [];
  const Connection = window.RTCPeerConnection;
  window.RTCPeerConnection = class extends Connection {
    constructor(...args) {
      super(...args);
      window.connections.push(this);
    }
  };
};

/** Somebody at one of the two pages. */
class Visitor {
  constructor(name, page) {
    this.name = name;
    this.page = page;
  }

  text(where) {
    return this.page.evaluate((at) => document.querySelector(at)?.textContent ?? "", where);
  }

  reads(pattern, where = "main") {
    return until(`${this.name} reads ${pattern}`, async () => pattern.test(await this.text(where)));
  }

  value(id) {
    return this.page.evaluate((of) => document.getElementById(of)?.value ?? "", id);
  }
}

export class Broadcaster extends Visitor {
  static async at(stage, options) {
    const page = await stage.page("chromium", options);
    await page.goto(`${stage.server.url}/broadcast`);
    await page.waitForSelector("button[type=submit]");
    return new Broadcaster("the broadcaster", page);
  }

  /** Presses the button; gives what to send to and what to share. */
  async getId() {
    await this.page.click("button[type=submit]");
    const viewUrl = await until("a link to watch", () => this.value("view-url"));
    return { whipUrl: await this.value("whip-url"), viewUrl };
  }

  async stop() {
    await this.page.click("button.stop");
    await this.page.waitForSelector("dialog[open]");
    await this.page.click("dialog .danger");
  }
}

/** A page that does what OBS does, with the browser's fake camera and microphone. */
export class Encoder {
  static async at(stage) {
    const page = await stage.page("chromium");
    // A page of the server's that may ask it something: what it shows does not matter.
    await page.goto(`${stage.server.url}/stream`);
    return new Encoder(page);
  }

  constructor(page) {
    this.page = page;
  }

  publish(whipUrl) {
    return this.page.evaluate(async (url) => {
      const stream = await navigator.mediaDevices.getUserMedia({ audio: true, video: { width: 640, height: 360 } });
      const connection = new RTCPeerConnection();
      for (const track of stream.getTracks()) connection.addTransceiver(track, { direction: "sendonly", streams: [stream] });
      await connection.setLocalDescription();
      const complete = (state) => state === "complete";
      while (!complete(connection.iceGatheringState)) {
        await new Promise((resolve) => connection.addEventListener("icegatheringstatechange", resolve, { once: true }));
      }
      const headers = { "content-type": "application/sdp" };
      const response = await fetch(url, { method: "POST", headers, body: connection.localDescription.sdp });
      if (response.status !== 201) throw new Error(`${response.status} ${await response.text()}`);
      const session = new URL(response.headers.get("location"), url).href;
      await connection.setRemoteDescription({ type: "answer", sdp: await response.text() });
      window.end = async () => {
        connection.close();
        for (const track of stream.getTracks()) track.stop();
        return (await fetch(session, { method: "DELETE", keepalive: true })).status;
      };
      window.onpagehide = () => void window.end();
    }, whipUrl);
  }

  /** The status of the DELETE. */
  async end() {
    return this.page.evaluate(() => window.end());
  }
}

export class Viewer extends Visitor {
  static async at(stage, url, browser = "chromium", options = {}) {
    const page = await stage.page(browser, { ...options, before: [[keepConnections]] });
    await page.goto(url);
    await page.waitForSelector("main.stream");
    return new Viewer(`a viewer in ${browser}`, page);
  }

  is(status) {
    const now = () => this.page.evaluate(() => document.querySelector("main").dataset.status);
    return until(`${this.name} is ${status}`, async () => (await now()) === status);
  }

  /** How many connections the page has made since it was loaded. */
  connections() {
    return this.page.evaluate(() => window.connections.length);
  }

  /** Waits until the newest connection brings a picture that moves, on the screen, too, and sound. */
  async seesAndHears() {
    const reports = () => this.page.evaluate(async () => [...(await window.connections.at(-1).getStats()).values()]);
    await assertSeesAndHears(this.name, reports);
    const position = () => this.page.evaluate(() => {
      const video = document.querySelector("video");
      return video.videoWidth > 0 && !video.paused ? video.currentTime : 0;
    });
    const from = await position();
    await until(`${this.name}'s picture moves`, async () => (await position()) > from + 0.5);
  }
}
