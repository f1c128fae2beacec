/** How loud received sound is, as the browser tells it. */
import type { types } from "mediasoup-client";

interface AudioStats {
  type: string;
  audioLevel?: number;
}

/** From 0 (silence) to 1; 0 where the browser does not tell. */
export async function levelOf({ rtpReceiver, getStats }: Listened): Promise<number> {
  const heard = rtpReceiver?.getSynchronizationSources() ?? [];
  const levels = heard.flatMap(({ audioLevel }) => (audioLevel === undefined ? [] : [audioLevel]));
  if (levels.length > 0) return Math.max(...levels);
  const report = await getStats().catch(() => null);
  if (!report) return 0;
  const inbound = ([...report.values()] as AudioStats[]).filter(({ type }) => type === "inbound-rtp");
  return Math.max(0, ...inbound.map(({ audioLevel }) => audioLevel ?? 0));
}

export interface Listened {
  rtpReceiver: Pick<RTCRtpReceiver, "getSynchronizationSources"> | undefined;
  getStats: () => Promise<RTCStatsReport>;
}

/** The same of a consumer. */
export const listenTo = (consumer: types.Consumer): Listened => ({
  rtpReceiver: consumer.rtpReceiver,
  getStats: () => consumer.getStats(),
});
