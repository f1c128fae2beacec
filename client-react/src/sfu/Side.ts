/** What sending and receiving have in common: one transport each, and being over once the call is. */
import type { types } from "mediasoup-client";
import type { Path } from "./Path";
import type { SignalingClient } from "./SignalingClient";
import { Link } from "./transports";

export abstract class Side {
  protected readonly link: Link;
  protected closed = false;

  protected constructor(
    protected readonly signaling: SignalingClient,
    device: types.Device,
    direction: "send" | "recv",
    path: Path,
  ) {
    this.link = new Link(signaling, device, direction, path);
  }

  /** Closes this side at once; the server frees its own when the peer leaves or its socket ends. */
  close(): void {
    this.closed = true;
    this.link.close();
  }

  owns(transportId: string): boolean {
    return this.link.owns(transportId);
  }

  restartIce(): Promise<void> {
    return this.link.restartIce();
  }

  stats(): Promise<RTCStatsReport | null> {
    return this.link.stats();
  }
}
