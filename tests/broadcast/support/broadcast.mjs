// Broadcasts over the REST API, and what one of them says of itself.
import { until } from "../../headless/support/wait.mjs";

const API = "/api/v1/broadcasts";

export async function json(url, method = "GET", body) {
  const headers = body === undefined ? {} : { "content-type": "application/json" };
  const response = await fetch(url, { method, headers, body: body && JSON.stringify(body) });
  const text = await response.text();
  return { status: response.status, type: response.headers.get("content-type"), body: text && JSON.parse(text) };
}

const created = new Set();

/** Removes every broadcast a test left, so that a failed test fails alone. */
export async function removeAll() {
  await Promise.all([...created].map((one) => one.remove().catch(() => {})));
}

/** An address the server names, which may leave out its own host. */
const at = (server, url) => new URL(url, server.url).href;

export class Broadcast {
  constructor(server, answer) {
    Object.assign(this, answer);
    this.server = server;
    this.api = `${server.url}${API}/${encodeURIComponent(answer.id)}`;
    this.whip = at(server, answer.whipUrl);
    this.whep = at(server, `/whep/${encodeURIComponent(answer.viewId)}`);
  }

  async state() {
    const { status, body } = await json(this.api);
    if (status !== 200) throw new Error(`${this.api}: ${status} ${JSON.stringify(body)}`);
    return body;
  }

  /** Waits until the state satisfies `check`, and gives it. */
  async becomes(what, check, patience = 20_000) {
    let state;
    return until(() => `${what}, but it is ${JSON.stringify(state)}`, async () => {
      state = await this.state();
      return check(state) && state;
    }, patience);
  }

  remove = () => {
    created.delete(this);
    return json(this.api, "DELETE");
  };

  stop = () => json(`${this.api}/stop`, "POST");
}

export async function create(server, body) {
  const answer = await json(server.url + API, "POST", body);
  if (answer.status !== 201) throw new Error(`POST ${API}: ${JSON.stringify(answer)}`);
  const broadcast = new Broadcast(server, answer.body);
  created.add(broadcast);
  return broadcast;
}
