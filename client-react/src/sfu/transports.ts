/** One direction's WebRTC transport: made when first needed, mended when the network changes, made anew when gone. */
import type { types } from "mediasoup-client";
import type { SignalingClient } from "./SignalingClient";
import { RequestError, TransportGone } from "./failures";
import type { Path } from "./Path";

/** A path may come back alone within this time; then new ICE credentials are asked for. */
const REPAIR_AFTER_MS = 1_500;

type Settle<T> = (value: T) => void;

/** Answers a transport's event with what a request gives. */
const settle = <T>(request: Promise<T>, done: Settle<T>, failed: Settle<Error>): void => {
  request.then(done, (error: unknown) => {
    failed(error instanceof Error ? error : new Error(String(error)));
  });
};

type Told = (outcome: "up" | "broken") => void;

/** Tells the server our certificate. That it knows it already is no fault: the answer to the first time was lost. */
const connect = async (request: Promise<unknown>, told: Told): Promise<void> => {
  try {
    await request;
  } catch (error) {
    if (!(error instanceof RequestError) || error.code !== "already-connected") {
      told("broken");
      throw error;
    }
  }
  told("up");
};

async function openSend(signaling: SignalingClient, device: types.Device, told: Told): Promise<types.Transport> {
  const { params } = await signaling.request("createWebRtcTransport", { consumer: false });
  const transport = device.createSendTransport(params);
  const transportId = transport.id;
  transport.on("connect", ({ dtlsParameters }, done, failed) => {
    settle(connect(signaling.request("transport-connect", { transportId, dtlsParameters }), told), done, failed);
  });
  transport.on("produce", ({ kind, rtpParameters, appData }, done, failed) => {
    // mediasoup-client knows no producer that starts paused.
    const { paused, ...others } = appData;
    const payload = { transportId, kind, rtpParameters, appData: others, paused: paused === true };
    settle(signaling.request("transport-produce", payload), ({ id }) => { done({ id }); }, failed);
  });
  return transport;
}

async function openRecv(signaling: SignalingClient, device: types.Device, told: Told): Promise<types.Transport> {
  const { params } = await signaling.request("createWebRtcTransport", { consumer: true });
  const transport = device.createRecvTransport(params);
  const serverConsumerTransportId = transport.id;
  transport.on("connect", ({ dtlsParameters }, done, failed) => {
    const payload = { serverConsumerTransportId, dtlsParameters };
    settle(connect(signaling.request("transport-recv-connect", payload), told), done, failed);
  });
  return transport;
}

/** What mediasoup-client says of something that was closed meanwhile is nothing for people. */
export async function whileOpen<T>(it: { closed: boolean }, act: Promise<T>): Promise<T> {
  try {
    return await act;
  } catch (error) {
    throw it.closed && !(error instanceof RequestError) ? new TransportGone() : error;
  }
}

const OPEN = { send: openSend, recv: openRecv } as const;

export class Link {
  private making: Promise<types.Transport> | null = null;
  private transport: types.Transport | null = null;
  /** Whether the server was told our certificate. A transport with which that failed cannot be used again. */
  private connection: "none" | "up" | "broken" = "none";
  private closed = false;
  private restarting: Promise<void> | null = null;
  /** How long the next transport has to wait: where there is no path, one made at once would help nobody. */
  private waitMs = 0;

  constructor(
    private readonly signaling: SignalingClient,
    private readonly device: types.Device,
    private readonly direction: keyof typeof OPEN,
    private readonly path: Path,
  ) {}

  /** The transport; the first to ask has it made. */
  get(): Promise<types.Transport> {
    if (this.making) return this.making;
    const wanted = () => this.making === making && !this.closed;
    const making: Promise<types.Transport> = this.patience().then(() => {
      if (!wanted()) throw new TransportGone();
      return this.open();
    }).then((transport) => {
      if (wanted()) return (this.transport = transport);
      transport.close();
      throw new TransportGone();
    });
    making.catch(() => {
      if (this.making === making) this.making = null;
    });
    this.making = making;
    return making;
  }

  owns(transportId: string): boolean {
    return this.transport?.id === transportId;
  }

  /** Whether the transport in use, if any, can still be used when the server has these. */
  survives(transports: readonly string[]): boolean {
    if (!this.making) return true;
    const { transport } = this;
    return transport !== null && !transport.closed && this.connection === "up" && transports.includes(transport.id);
  }

  /** Closes the transport with everything on it; the next to ask gets a new one. */
  discard(): void {
    this.transport?.close();
    this.transport = null;
    this.making = null;
    this.connection = "none";
    this.waitMs = 0;
  }

  /** The server gave the transport up: media did not get through. */
  giveUp(): void {
    this.discard();
    this.waitMs = this.path.failed();
  }

  discardIfBroken(): void {
    if (this.connection === "broken") this.discard();
  }

  close(): void {
    this.closed = true;
    this.discard();
  }

  stats(): Promise<RTCStatsReport | null> {
    return this.transport && !this.transport.closed ? this.transport.getStats() : Promise.resolve(null);
  }

  /** The network is another one, or the server is back: looks for a path anew, without waiting any longer. */
  restartIce(): Promise<void> {
    this.waitMs = 0;
    this.path.hurry();
    return this.mend();
  }

  /** Media flows on over the old path until the new one is found. */
  private mend(): Promise<void> {
    this.restarting ??= this.restart().finally(() => { this.restarting = null; });
    return this.restarting;
  }

  private async restart(): Promise<void> {
    const { transport } = this;
    if (!transport || transport.closed || this.connection !== "up" || !this.signaling.connected) return;
    const { iceParameters } = await this.signaling.request("restart-ice", { transportId: transport.id });
    if (this.owns(transport.id)) await transport.restartIce({ iceParameters });
  }

  private async patience(): Promise<void> {
    if (this.waitMs > 0) await this.path.wait(this.waitMs);
  }

  private async open(): Promise<types.Transport> {
    const transport: types.Transport = await OPEN[this.direction](this.signaling, this.device, (connection) => {
      if (this.transport === transport) this.connection = connection;
    });
    this.mendWhenBroken(transport);
    return transport;
  }

  /** A refused restart is left alone: the server then closes the transport and says so. */
  private mendWhenBroken(transport: types.Transport): void {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const mend = () => void this.mend().catch(() => undefined);
    transport.on("connectionstatechange", (state) => {
      clearTimeout(timer);
      if (state === "connected") {
        this.waitMs = 0;
        this.path.found();
      } else if (state === "disconnected") timer = setTimeout(mend, REPAIR_AFTER_MS);
      // Without the server there is no way either: of that people are told, and coming back mends it.
      else if (state === "failed" && this.signaling.connected) timer = setTimeout(mend, this.path.failed());
    });
    transport.observer.on("close", () => { clearTimeout(timer); });
  }
}
