/** A socket whose other end is the test. */
import type { SocketLike } from "../../src/sfu/SignalingClient";

type Listener = (...args: unknown[]) => void;
type Responder = (payload: never) => unknown;

export class FakeSocket implements SocketLike {
  connected = false;
  /** Every request made, in order. */
  readonly sent: { event: string; payload: unknown }[] = [];
  /** Answers by event; a request without one is never answered. */
  readonly answers: Record<string, Responder> = {};
  /** What was posted in passing: where, and the JSON. */
  readonly posted: [string, unknown][] = [];
  private life = 0;
  private readonly listeners = new Map<string, Listener[]>();

  connect(): void {
    this.connected = true;
    this.tell("connect");
  }

  disconnect(): void {
    this.lose("io client disconnect");
  }

  lose(reason: string): void {
    if (!this.connected) return;
    this.connected = false;
    this.life += 1;
    this.tell("disconnect", reason);
  }

  emit(event: string, ...args: unknown[]): void {
    const ack = typeof args.at(-1) === "function" ? (args.pop() as Listener) : undefined;
    const [payload] = args;
    this.sent.push({ event, payload });
    const answer = this.answers[event];
    const { life } = this;
    // A connection that was lost meanwhile brings no answer.
    const bring = (given: unknown) => { if (life === this.life) ack?.(given); };
    if (answer) queueMicrotask(() => { void Promise.resolve(answer(payload as never)).then(bring); });
  }

  drop(): void {
    this.lose("transport close");
  }

  post(path: string, text: string): void {
    this.posted.push([path, JSON.parse(text)]);
  }

  on(event: string, handler: (...args: never[]) => void): void {
    this.listeners.set(event, [...(this.listeners.get(event) ?? []), handler as Listener]);
  }

  /** The server speaks. */
  tell(event: string, ...args: unknown[]): void {
    for (const listener of this.listeners.get(event) ?? []) listener(...args);
  }

  /** Lets an answer pass through `change` on its way. */
  alter(event: string, change: (answer: object, payload: unknown) => unknown): void {
    const answer = this.answers[event];
    this.answers[event] = (payload) => change(answer?.(payload) as object, payload);
  }

  events(): string[] {
    return this.sent.map(({ event }) => event);
  }

  count(event: string): number {
    return this.events().filter((one) => one === event).length;
  }
}
