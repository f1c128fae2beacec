// One socket of either client version, with its acknowledgements as promises and everything it was told.
import { io as io4 } from "socket.io-client";
import io2 from "socket.io-client-v2";
import { until } from "./wait.mjs";

/** The promise every event with an acknowledgement is held to. */
export const ACK_PATIENCE = 10_000;
const CLIENTS = { 4: io4, 2: io2 };
export const VERSIONS = [4, 2];
export const NAMESPACES = ["/", "/mediasoup"];

const open = new Set();

/** Closes every socket a test left open, so that a failed test fails alone. */
export function closeAll() {
  for (const client of open) client.close();
}

/** Connects and waits for `connection-success`, or for nothing but the connection where `greeted` is false. */
export async function connect(server, options = {}) {
  const client = new Client(server, options);
  open.add(client);
  await client.open();
  return client;
}

export class Client {
  constructor(server, options = {}) {
    const { version = 4, namespace = "/mediasoup", greeted = true, transports = ["websocket"], ...rest } = options;
    const url = server.url + (namespace === "/" ? "" : namespace);
    this.socket = CLIENTS[version](url, { forceNew: true, reconnection: false, transports, timeout: 5_000, ...rest });
    this.greeted = greeted;
    this.told = [];
    /** Ids of acknowledgements, as often as they came. */
    this.acked = [];
    this.refused = null;
    this.#hear();
    this.#count();
  }

  // Either version drops an acknowledgement it has had already without a word.
  #count() {
    const { acked, socket } = this;
    const usual = socket.onack;
    socket.onack = function (packet) {
      acked.push(packet.id);
      usual.call(this, packet);
    };
  }

  #hear() {
    const heard = (event, payload) => this.told.push({ event, payload });
    if (this.socket.onAny) this.socket.onAny(heard);
    else this.#hearOld(heard);
    for (const event of ["connect_error", "error"]) this.socket.on(event, (error) => (this.refused ??= error));
  }

  // Version 2 has no `onAny`: its packets pass through `onevent`.
  #hearOld(heard) {
    const usual = this.socket.onevent;
    this.socket.onevent = function (packet) {
      heard(...packet.data);
      usual.call(this, packet);
    };
  }

  async open() {
    const arrived = () => (this.greeted ? this.heard("connection-success").length > 0 : this.socket.connected);
    await until(() => `connected and greeted (${this.refused})`, () => arrived() || this.refused);
    if (this.refused) throw this.refused;
  }

  get id() {
    return this.heard("connection-success")[0]?.socketId ?? this.socket.id;
  }

  /** Payloads of every notification of this name, in order. */
  heard(event) {
    return this.told.filter((one) => one.event === event).map((one) => one.payload);
  }

  async hears(event, count = 1) {
    await until(() => `${count} × ${event}, heard ${JSON.stringify(this.told)}`, () => this.heard(event).length >= count);
    return this.heard(event);
  }

  /** Emits and gives the acknowledgement, whatever it says; no arguments means none are sent. */
  async ask(event, ...payload) {
    return (await this.all(event, ...payload))[0];
  }

  /** As `ask`, but every argument of the acknowledgement. */
  all(event, ...payload) {
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => reject(new Error(`no answer to ${event} within ${ACK_PATIENCE} ms`)), ACK_PATIENCE);
      this.socket.emit(event, ...payload, (...answer) => {
        clearTimeout(late);
        resolve(answer);
      });
    });
  }

  /** Node's acknowledgement: throws its error, gives its answer. */
  async call(event, ...payload) {
    const [error, answer, ...more] = await this.all(event, ...payload);
    if (error !== null || more.length > 0) throw new Error(`${event}: ${JSON.stringify([error, answer, ...more])}`);
    return answer;
  }

  /** As `ask`, but an error is a failure of the test. */
  async get(event, ...payload) {
    const answer = await this.ask(event, ...payload);
    if (answer?.error) throw new Error(`${event}: ${JSON.stringify(answer)}`);
    return answer;
  }

  /** Emits without asking for an acknowledgement. */
  say(event, ...payload) {
    this.socket.emit(event, ...payload);
  }

  /** Events are handled in order, so once this one is answered all before it are done. */
  async flush() {
    await this.ask("nobody-knows-this");
  }

  close() {
    open.delete(this);
    this.socket.close();
  }
}
