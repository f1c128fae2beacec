/** One WHEP session (draft-ietf-wish-whep): from the offer to the DELETE. What to do when it ends is not known here. */
import { linkWith } from "./link";
import { checked, ProblemError } from "./problem";
import { bundleMid, fragment, withStereo } from "./sdp";

export interface WhepPlatform {
  fetch: typeof fetch;
  makeConnection: () => RTCPeerConnection;
  makeEvents: (url: string) => EventSource;
}

export type WhepEvent =
  /** The tracks that will play, before anything flows on them. */
  | { type: "stream"; stream: MediaStream }
  | { type: "connected" }
  /** The first packet of a track. */
  | { type: "flowing"; stream: MediaStream }
  /** The broadcaster is there, or not. */
  | { type: "active" | "inactive" }
  | { type: "viewers"; viewers: number }
  /** The server ended the session. */
  | { type: "ended"; reason: string }
  /** The path to the server is gone. */
  | { type: "failed" };

const EVENTS_EXTENSION = "urn:ietf:params:whep:ext:core:server-sent-events";
const WANTED_EVENTS = ["active", "inactive", "layers", "viewercount"];

/** Own candidates are there at once without STUN servers; who needs longer is told of them later. */
const GATHERING_MS = 300;
/** ICE often mends a path within this time. */
const REPAIR_MS = 4_000;
/** When the server ends a session, the path fails at once, and the word why may come after that. */
const LAST_WORD_MS = 500;

const gathered = (connection: RTCPeerConnection): Promise<void> =>
  new Promise((resolve) => {
    const look = () => {
      if (connection.iceGatheringState === "complete") resolve();
    };
    connection.addEventListener("icegatheringstatechange", look);
    setTimeout(resolve, GATHERING_MS);
    look();
  });

const dataOf = <T>(event: MessageEvent<string>): Partial<T> => {
  try {
    return JSON.parse(event.data) as Partial<T>;
  } catch {
    return {};
  }
};

export class WhepSession {
  private readonly connection: RTCPeerConnection;
  private readonly stream = new MediaStream();
  private events: EventSource | null = null;
  private resource: string | null = null;
  private etag: string | null = null;
  private repair: ReturnType<typeof setTimeout> | undefined;
  private closed = false;

  constructor(
    private readonly endpoint: string,
    private readonly platform: WhepPlatform,
    private readonly tell: (event: WhepEvent) => void,
  ) {
    this.connection = platform.makeConnection();
    this.connection.addEventListener("connectionstatechange", () => { this.look(); });
    this.connection.addEventListener("track", ({ track }) => {
      this.stream.addTrack(track);
      track.addEventListener("unmute", () => { this.say({ type: "flowing", stream: this.stream }); });
      this.say({ type: "stream", stream: this.stream });
    });
  }

  /** Offers, and applies the answer. Throws what the server refused with. */
  async open(): Promise<void> {
    const { connection } = this;
    connection.addTransceiver("video", { direction: "recvonly" });
    connection.addTransceiver("audio", { direction: "recvonly" });
    const { sdp = "" } = await connection.createOffer();
    if (this.isClosed()) return;
    await connection.setLocalDescription({ type: "offer", sdp: withStereo(sdp) });
    await gathered(connection);
    if (this.isClosed()) return;
    const offer = connection.localDescription?.sdp ?? sdp;
    const late = this.collectLate(offer);
    const response = await this.post(this.endpoint, "application/sdp", offer);
    this.resource = this.locationOf(response, this.endpoint);
    this.etag = response.headers.get("etag");
    const answer = await response.text();
    // Closed while the server answered: it made a session that nobody wants any more.
    if (this.isClosed()) { this.remove(); return; }
    await connection.setRemoteDescription({ type: "answer", sdp: answer });
    late();
    const events = linkWith(EVENTS_EXTENSION, response.headers.get("link"), this.resource);
    if (events !== null) await this.listen(events).catch(() => undefined);
  }

  /** Says goodbye unless the server did so first. */
  close({ gone = false } = {}): void {
    if (this.closed) return;
    this.closed = true;
    clearTimeout(this.repair);
    this.events?.close();
    this.connection.close();
    if (!gone) this.remove();
  }

  /** Asked anew after each wait. */
  private isClosed(): boolean {
    return this.closed;
  }

  private say(event: WhepEvent): void {
    if (!this.closed) this.tell(event);
  }

  /** Survives the page: a closed tab says goodbye, too. */
  private remove(): void {
    if (this.resource === null) return;
    this.platform.fetch(this.resource, { method: "DELETE", keepalive: true }).catch(() => undefined);
  }

  private async post(url: string, contentType: string, body: string): Promise<Response> {
    return checked(await this.platform.fetch(url, { method: "POST", headers: { "content-type": contentType }, body }));
  }

  private locationOf(response: Response, asked: string): string {
    const location = response.headers.get("location");
    if (location === null) throw new ProblemError(response.status, "the server named no session");
    return new URL(location, response.url || asked).href;
  }

  private look(): void {
    const { connectionState } = this.connection;
    clearTimeout(this.repair);
    if (connectionState === "connected") this.say({ type: "connected" });
    if (connectionState !== "disconnected" && connectionState !== "failed") return;
    const patience = connectionState === "failed" ? LAST_WORD_MS : REPAIR_MS;
    this.repair = setTimeout(() => { this.say({ type: "failed" }); }, patience);
  }

  /** Keeps candidates that come after the offer was sent; what it gives sends them, and from then on each that comes. */
  private collectLate(offer: string): () => void {
    const mid = bundleMid(offer);
    let found: string[] = [];
    let complete = false;
    let open = false;
    const send = () => {
      const { resource } = this;
      if (!open || resource === null || this.closed || found.length === 0) return;
      const headers = { "content-type": "application/trickle-ice-sdpfrag", ...(this.etag !== null && { "if-match": this.etag }) };
      const body = fragment(offer, found, complete);
      found = [];
      // A server that takes none still sees where our packets come from.
      this.platform.fetch(resource, { method: "PATCH", headers, body }).catch(() => undefined);
    };
    this.connection.addEventListener("icecandidate", ({ candidate }) => {
      if (candidate?.candidate && candidate.sdpMid === mid) found.push(candidate.candidate);
      complete ||= !candidate?.candidate;
      send();
    });
    return () => {
      open = true;
      send();
    };
  }

  private async listen(url: string): Promise<void> {
    const response = await this.post(url, "application/json", JSON.stringify(WANTED_EVENTS));
    if (this.closed) return;
    const events = this.platform.makeEvents(this.locationOf(response, url));
    this.events = events;
    events.addEventListener("active", () => { this.say({ type: "active" }); });
    events.addEventListener("inactive", () => { this.say({ type: "inactive" }); });
    events.addEventListener("viewercount", (event: MessageEvent<string>) => {
      const { viewercount } = dataOf<{ viewercount: number }>(event);
      if (typeof viewercount === "number") this.say({ type: "viewers", viewers: viewercount });
    });
    events.addEventListener("ended", (event: MessageEvent<string>) => {
      this.say({ type: "ended", reason: dataOf<{ reason: string }>(event).reason ?? "" });
    });
  }
}
