/** The two WebRTC transports of a call: their signalling, and their repair when the network changes. */
import type { types } from "mediasoup-client";
import type { MediaKind } from "../protocol/types";
import type { SignalingClient } from "./SignalingClient";

/** A path that is silent this long will not come back alone: ask for new ICE credentials. */
const REPAIR_AFTER_MS = 3_000;

type Settle<T> = (value: T) => void;

/** Answers a transport's event with what a request gives. */
const settle = <T>(request: Promise<T>, done: Settle<T>, failed: Settle<Error>): void => {
  request.then(done, (error: unknown) => {
    failed(error instanceof Error ? error : new Error(String(error)));
  });
};

export async function createSendTransport(signaling: SignalingClient, device: types.Device): Promise<types.Transport> {
  const { params } = await signaling.request("createWebRtcTransport", { consumer: false });
  const transport = device.createSendTransport(params);
  const transportId = transport.id;
  transport.on("connect", ({ dtlsParameters }, done, failed) => {
    settle(signaling.request("transport-connect", { transportId, dtlsParameters }), () => { done(); }, failed);
  });
  transport.on("produce", ({ kind, rtpParameters, appData }, done, failed) => {
    const payload = { transportId, kind: kind satisfies MediaKind, rtpParameters, appData };
    settle(signaling.request("transport-produce", payload), ({ id }) => { done({ id }); }, failed);
  });
  repairWhenBroken(signaling, transport);
  return transport;
}

export async function createRecvTransport(signaling: SignalingClient, device: types.Device): Promise<types.Transport> {
  const { params } = await signaling.request("createWebRtcTransport", { consumer: true });
  const transport = device.createRecvTransport(params);
  const serverConsumerTransportId = transport.id;
  transport.on("connect", ({ dtlsParameters }, done, failed) => {
    const payload = { serverConsumerTransportId, dtlsParameters };
    settle(signaling.request("transport-recv-connect", payload), () => { done(); }, failed);
  });
  repairWhenBroken(signaling, transport);
  return transport;
}

/** Restarts ICE when the path fails; a refusal is left alone, the server then closes the transport and says so. */
function repairWhenBroken(signaling: SignalingClient, transport: types.Transport): void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const repair = async () => {
    if (transport.closed || !signaling.connected) return;
    const { iceParameters } = await signaling.request("restart-ice", { transportId: transport.id });
    await transport.restartIce({ iceParameters });
  };
  transport.on("connectionstatechange", (state) => {
    clearTimeout(timer);
    if (state !== "disconnected" && state !== "failed") return;
    timer = setTimeout(() => void repair().catch(() => undefined), state === "failed" ? 0 : REPAIR_AFTER_MS);
  });
  transport.observer.on("close", () => { clearTimeout(timer); });
}
