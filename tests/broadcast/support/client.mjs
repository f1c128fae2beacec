// Programs of others that publish and watch, started and ended here, with what they tell at hand.
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { until } from "../../headless/support/wait.mjs";

const here = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));
export const PYTHON = process.env.BROADCAST_PYTHON ?? here(".venv/bin/python");
/** Python takes this long to start on a machine with other things to do. */
const PATIENCE = 20_000;

const running = new Set();

/** Ends every program a test left, with the goodbye that frees the server of it, so that a failed test fails alone. */
export async function endAll() {
  await Promise.all([...running].map((one) => one.stop()));
}

/** A program; what it writes is kept. */
export class Program {
  #child;
  #ended;
  said = [];
  exit = null;

  constructor(command, flags) {
    this.#child = spawn(command, flags, { stdio: ["pipe", "pipe", "pipe"] });
    this.#ended = new Promise((resolve) => this.#child.once("close", resolve));
    this.#child.once("error", (error) => (this.exit = error.message));
    this.#child.once("exit", (code, signal) => (this.exit ??= signal ?? code));
    this.#child.once("close", () => running.delete(this));
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      createInterface({ input: stream }).on("line", (line) => this.heard(line));
    }
    running.add(this);
  }

  heard(line) {
    this.said.push(line);
  }

  /** The last of what it said, for the message of a failure. */
  log() {
    return this.said.slice(-40).join("\n");
  }

  /** Asks it to end as its user would, and waits. */
  async stop() {
    this.#child.kill("SIGTERM");
    const patience = setTimeout(() => this.#child.kill("SIGKILL"), 8_000);
    await this.#ended;
    clearTimeout(patience);
    return this;
  }

  /** Ends it as a crash would: it says no goodbye. */
  async kill() {
    this.#child.kill("SIGKILL");
    await this.#ended;
  }
}

/** A program of `clients/`, in Python or JavaScript, which tells in lines of JSON. */
export class Client extends Program {
  told = [];

  constructor(file, ...flags) {
    super(file.endsWith(".py") ? PYTHON : process.execPath, [here(`clients/${file}`), ...flags]);
    this.file = file;
  }

  heard(line) {
    if (!line.startsWith("{")) return super.heard(line);
    const event = JSON.parse(line);
    if (event.event !== "count" && event.event !== "sent") super.heard(line.slice(0, 300));
    this.told.push({ ...event, when: Date.now() });
  }

  all(event, viewer) {
    return this.told.filter((one) => one.event === event && (viewer === undefined || one.viewer === viewer));
  }

  last(event, viewer) {
    return this.all(event, viewer).at(-1);
  }

  /** Waits until it has told something that satisfies `check`, and gives that. */
  async tells(event, check = () => true, patience = PATIENCE) {
    const what = () => `${event} from ${this.file}, last ${JSON.stringify(this.last(event))}, exit ${this.exit}\n${this.log()}`;
    return until(what, () => {
      const found = this.all(event).find(check);
      if (!found && this.exit !== null) throw new Error(what());
      return found;
    }, patience);
  }

  /** Waits for so many more decoded pictures and samples that can be heard than it has now. */
  async decodes({ video = 0, audible = 0, viewer = 0 }, patience = PATIENCE) {
    const before = this.last("count", viewer) ?? { changed: 0, audible: 0 };
    const after = (one) => one.changed >= before.changed + video && one.audible >= before.audible + audible;
    return this.tells("count", (one) => one.viewer === viewer && after(one), patience);
  }
}

export const view = (url, ...flags) => new Client("view.py", url, ...flags);
export const obs = (url, ...flags) => new Client("obs.mjs", url, ...flags);
export const publish = (url, ...flags) => new Client("publish.py", url, ...flags);

/** Half a second of pictures and of sound: neither is an accident. */
export const ENOUGH = { video: 8, audible: 24_000 };
