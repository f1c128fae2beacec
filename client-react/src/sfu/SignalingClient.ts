/** Requests and notifications over one socket, typed by protocol.md. It knows nothing of rooms or media. */
import { GOODBYE, type Goodbye, REQUEST_TIMEOUT_MS } from "../protocol/connection";
import type { NotificationName, Notifications } from "../protocol/notifications";
import type { Answer, Payload, RequestName } from "../protocol/requests";
import type { ErrorAnswer } from "../protocol/types";
import { RequestError } from "./failures";

/** What is used of a Socket.IO socket; tests give another one. */
export interface SocketLike {
  readonly connected: boolean;
  connect(): unknown;
  disconnect(): unknown;
  emit(event: string, ...args: unknown[]): unknown;
  /** Ends the connection as if it had been lost, so that the socket looks for a new one. */
  drop(): unknown;
  /** Posts a text to the server in passing: it arrives although the page is gone and the socket closed. */
  post(path: string, text: string): unknown;
  on(event: string, handler: (...args: never[]) => void): unknown;
}

const isError = (answer: unknown): answer is ErrorAnswer =>
  typeof answer === "object" && answer !== null && "error" in answer;

export class SignalingClient {
  /** Rejections of the requests that wait for an answer: a lost socket answers none of them. */
  private readonly waiting = new Set<(error: RequestError) => void>();

  constructor(private readonly socket: SocketLike) {
    socket.on("disconnect", () => {
      for (const reject of this.waiting) reject(new RequestError("disconnected", "the socket was closed"));
      this.waiting.clear();
    });
  }

  get connected(): boolean {
    return this.socket.connected;
  }

  connect(): void {
    this.socket.connect();
  }

  disconnect(): void {
    this.socket.disconnect();
  }

  /** The path below the socket is dead, although the socket does not know yet. */
  drop(): void {
    this.socket.drop();
  }

  /**
   * Leaves without waiting for an answer: the page is going away. Firefox has closed its socket by then, so whoever can
   * say which peer it is says it by HTTP, too.
   */
  sayGoodbye(peer: Goodbye | null): void {
    if (this.socket.connected) this.socket.emit("leaveRoom" satisfies RequestName);
    this.socket.disconnect();
    if (peer) this.socket.post(GOODBYE, JSON.stringify(peer));
  }

  /** Called when the socket comes up, each time. */
  onUp(handler: () => void): void {
    this.socket.on("connect", handler);
  }

  /** Called when an open socket is lost; `final` when it will not come back by itself. */
  onDown(handler: (final: boolean) => void): void {
    this.socket.on("disconnect", (reason: string) => {
      handler(reason === "io server disconnect" || reason === "io client disconnect");
    });
  }

  /** Called for each attempt to connect that failed; a server that refused has put its word in the message. */
  onUnreachable(handler: (error: RequestError) => void): void {
    this.socket.on("connect_error", (error: Error) => { handler(new RequestError(error.message, error.message)); });
  }

  on<E extends NotificationName>(event: E, handler: (payload: Notifications[E]) => void): void {
    this.socket.on(event, handler);
  }

  /** Resolves with the answer; rejects with a RequestError on refusal, silence or a lost socket. */
  request<E extends RequestName>(
    event: E,
    ...payload: Payload<E> extends undefined ? [] : [Payload<E>]
  ): Promise<Answer<E>> {
    return this.ask(event, payload, REQUEST_TIMEOUT_MS);
  }

  /** Whether the server still hears us: any answer within the time will do. */
  async isAlive(withinMs: number): Promise<boolean> {
    const asked: Promise<unknown> = this.ask("getProducers", [], withinMs);
    return asked.then(() => true, (error: unknown) => !(error instanceof RequestError) || error.code !== "timeout");
  }

  private ask<E extends RequestName>(event: E, payload: unknown[], patienceMs: number): Promise<Answer<E>> {
    if (!this.socket.connected) return Promise.reject(new RequestError("disconnected", "there is no connection"));
    return new Promise((resolve, reject) => {
      const settle = (act: () => void) => {
        clearTimeout(timer);
        this.waiting.delete(fail);
        act();
      };
      const fail = (error: RequestError) => {
        settle(() => { reject(error); });
      };
      const timer = setTimeout(() => {
        fail(new RequestError("timeout", `no answer to ${event}`));
      }, patienceMs);
      this.waiting.add(fail);
      this.socket.emit(event, ...payload, (answer: unknown) => {
        if (isError(answer)) fail(new RequestError(answer.code, answer.error));
        else settle(() => { resolve(answer as Answer<E>); });
      });
    });
  }
}
