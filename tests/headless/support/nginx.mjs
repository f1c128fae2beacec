// nginx as deploy/nginx/miso.conf has it, with ports, certificate and server of the test's own.
import { execFileSync, spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { Agent, request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { freePort } from "./server.mjs";
import { until } from "./wait.mjs";

const EXAMPLE = fileURLToPath(new URL("../../../deploy/nginx/miso.conf", import.meta.url));
const PLACES = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];

/** Starts it in front of `server`; `change` is done to the example's text. */
export async function startNginx(server, change = (text) => text) {
  const folder = await mkdtemp(join(tmpdir(), "miso-nginx-"));
  const port = await freePort();
  certificate(folder);
  await writeFile(join(folder, "site.conf"), change(await ours(server, port, folder)));
  await writeFile(join(folder, "nginx.conf"), around(folder));
  const nginx = new Nginx(folder, port);
  await nginx.start();
  return nginx;
}

function certificate(folder) {
  const files = ["-keyout", join(folder, "key.pem"), "-out", join(folder, "cert.pem")];
  const made = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=localhost"];
  execFileSync("openssl", [...made, ...files], { stdio: "ignore" });
}

/** The example, each replacement made for certain. */
async function ours(server, port, folder) {
  let text = await readFile(EXAMPLE, "utf8");
  for (const [theirs, own] of [
    ["server 127.0.0.1:3000;", `server 127.0.0.1:${server.port};`],
    ["listen 443 ssl;", `listen 127.0.0.1:${port} ssl;`],
    ["listen [::]:443 ssl;", ""],
    ["/etc/ssl/sfu.example.org/fullchain.pem", join(folder, "cert.pem")],
    ["/etc/ssl/sfu.example.org/privkey.pem", join(folder, "key.pem")],
  ]) {
    if (!text.includes(theirs)) throw new Error(`${EXAMPLE} has no "${theirs}"`);
    text = text.replace(theirs, own);
  }
  return text;
}

const around = (folder) => `
daemon off;
worker_processes 1;
pid ${join(folder, "pid")};
error_log stderr warn;
events {}
http {
  access_log off;
  ${PLACES.map((place) => `${place}_temp_path ${join(folder, place)};`).join("\n  ")}
  include ${join(folder, "site.conf")};
}
`;

class Nginx {
  #child;
  #folder;
  #said = [];
  #agent = new Agent({ rejectUnauthorized: false, keepAlive: true });

  constructor(folder, port) {
    this.#folder = folder;
    this.url = `https://127.0.0.1:${port}`;
  }

  async start() {
    const words = ["-c", join(this.#folder, "nginx.conf"), "-e", "stderr"];
    const path = `${process.env.PATH}:/usr/sbin`;
    this.#child = spawn("nginx", words, { stdio: ["ignore", "ignore", "pipe"], env: { ...process.env, PATH: path } });
    this.#child.stderr.setEncoding("utf8").on("data", (text) => this.#said.push(text));
    let failed = null;
    this.#child.once("error", (error) => (failed = error.message));
    this.#child.once("exit", (code) => (failed ??= `ended with ${code}`));
    await until(() => `nginx passes requests on: ${this.log()}`, async () => {
      if (failed) throw new Error(`nginx ${failed}: ${this.log()}`);
      return (await this.ask("/healthz").catch(() => null))?.status === 200;
    });
  }

  log() {
    return this.#said.join("");
  }

  /** One request and its whole answer. */
  ask(path, { method = "GET", headers = {}, body = "" } = {}) {
    return new Promise((resolve, reject) => {
      const asked = request(this.url + path, { method, headers, agent: this.#agent }, (response) => {
        let text = "";
        response.setEncoding("utf8").on("data", (more) => (text += more));
        response.on("end", () => resolve({ status: response.statusCode, headers: response.headers, body: text }));
      });
      asked.once("error", reject).end(body);
    });
  }

  async stop() {
    this.#agent.destroy();
    const ended = new Promise((resolve) => this.#child.once("exit", resolve));
    this.#child.kill("SIGTERM");
    await ended;
    await rm(this.#folder, { recursive: true });
  }
}
