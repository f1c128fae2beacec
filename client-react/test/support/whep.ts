/** A WHEP server and a browser's connections whose other end is the test. */
import { vi } from "vitest";
import { WhepClient } from "../../src/broadcast/whep";
import type { WhepPlatform } from "../../src/broadcast/WhepSession";

export const OFFER = [
  "v=0",
  "m=video 9 UDP/TLS/RTP/SAVPF 96",
  "a=mid:0",
  "a=ice-ufrag:ufra",
  "a=ice-pwd:password",
  "m=audio 9 UDP/TLS/RTP/SAVPF 111",
  "a=mid:1",
  "a=rtpmap:111 opus/48000/2",
  "a=fmtp:111 minptime=10;useinbandfec=1",
  "",
].join("\r\n");

export class FakeStream {
  readonly tracks: unknown[] = [];
  addTrack(track: unknown): void {
    this.tracks.push(track);
  }
}

export class FakeConnection extends EventTarget {
  connectionState = "new";
  iceGatheringState = "complete";
  localDescription: { sdp: string } | null = null;
  remote: string | null = null;
  readonly transceivers: string[] = [];
  readonly tracks = [new EventTarget(), new EventTarget()];
  closed = false;

  addTransceiver(kind: string, { direction }: { direction: string }): void {
    this.transceivers.push(`${kind} ${direction}`);
  }

  createOffer(): Promise<{ sdp: string }> {
    return Promise.resolve({ sdp: OFFER });
  }

  setLocalDescription(description: { sdp: string }): Promise<void> {
    this.localDescription = description;
    return Promise.resolve();
  }

  setRemoteDescription({ sdp }: { sdp: string }): Promise<void> {
    this.remote = sdp;
    for (const track of this.tracks) this.dispatchEvent(Object.assign(new Event("track"), { track }));
    return Promise.resolve();
  }

  close(): void {
    this.closed = true;
  }

  become(state: string): void {
    this.connectionState = state;
    this.dispatchEvent(new Event("connectionstatechange"));
  }

  /** The first packet comes. */
  flow(): void {
    this.tracks[0]?.dispatchEvent(new Event("unmute"));
  }

  find(candidate: { candidate: string; sdpMid: string } | null): void {
    this.dispatchEvent(Object.assign(new Event("icecandidate"), { candidate }));
  }
}

export class FakeEvents extends EventTarget {
  closed = false;
  constructor(readonly url: string) {
    super();
  }

  close(): void {
    this.closed = true;
  }

  tell(type: string, data: unknown = {}): void {
    this.dispatchEvent(new MessageEvent(type, { data: JSON.stringify(data) }));
  }
}

const ENDPOINT = "https://sfu.test/whep/view";
const LINK = '</whep/view/1/sse>; rel="urn:ietf:params:whep:ext:core:server-sent-events"; events="active,inactive"';

interface Asked {
  method: string;
  path: string;
  headers: Record<string, string>;
  body: string;
  keepalive: boolean;
}

export const problem = (status: number, headers: Record<string, string> = {}, detail = "") =>
  new Response(JSON.stringify({ type: "about:blank", title: "no", status, detail }), {
    status,
    headers: { "content-type": "application/problem+json", ...headers },
  });

export function whepBench() {
  vi.stubGlobal("MediaStream", FakeStream);
  const asked: Asked[] = [];
  const connections: FakeConnection[] = [];
  const events: FakeEvents[] = [];
  /** Answers to the next offers, in order; without one they are accepted. */
  const refusals: (Response | Error)[] = [];
  const answer = (method: string, path: string): Response => {
    if (method !== "POST") return new Response(null, { status: 200 });
    if (path === "/whep/view/1/sse") return new Response(null, { status: 201, headers: { location: "/whep/view/1/sse/7" } });
    const refusal = refusals.shift();
    if (refusal instanceof Error) throw refusal;
    return refusal ?? new Response("the answer", { status: 201, headers: { location: "view/1", etag: '"tag"', link: LINK } });
  };
  const platform: WhepPlatform = {
    fetch: (url, { method = "GET", headers, body, keepalive = false } = {}) => {
      const { pathname: path } = new URL(url as string);
      asked.push({ method, path, headers: { ...(headers as Record<string, string>) }, body: (body ?? "") as string, keepalive });
      return Promise.resolve().then(() => answer(method, path));
    },
    makeConnection: () => {
      const made = new FakeConnection();
      connections.push(made);
      return made as unknown as RTCPeerConnection;
    },
    makeEvents: (url) => {
      const made = new FakeEvents(url);
      events.push(made);
      return made as unknown as EventSource;
    },
  };
  const client = new WhepClient(ENDPOINT, platform);
  /** Lets everything happen that takes no time, and some time pass. */
  const pass = (ms = 0) => vi.advanceTimersByTimeAsync(ms);
  const requests = () => asked.map(({ method, path }) => `${method} ${path}`);
  const connection = () => last(connections);
  const source = () => last(events);
  return { client, asked, requests, connections, connection, events, source, refusals, pass };
}

function last<T>(all: readonly T[]): T {
  const one = all.at(-1);
  if (one === undefined) throw new Error("there is none yet");
  return one;
}
