/** The little that WHEP has to know of session descriptions. */

/** Chromium plays Opus in one channel only unless the description that it offers asks for two. */
export function withStereo(offer: string): string {
  const [, payload] = /^a=rtpmap:(\d+) opus\/48000\/2\r?$/im.exec(offer) ?? [];
  if (payload === undefined) return offer;
  return offer.replace(new RegExp(`^a=fmtp:${payload} (?!.*stereo=)[^\\r\\n]*`, "m"), (line) => `${line};stereo=1`);
}

const first = (sdp: string, line: RegExp): string => line.exec(sdp)?.[1] ?? "";

/** The media section that carries all the others. */
export const bundleMid = (sdp: string): string => first(sdp, /^a=mid:([^\r\n]*)/m);

/** What a trickle request carries (RFC 8840): candidates found after the offer was sent. */
export function fragment(offer: string, candidates: readonly string[], complete: boolean): string {
  const [, kind = "video", protocol = "UDP/TLS/RTP/SAVPF"] = /^m=(\S+) \S+ (\S+)/m.exec(offer) ?? [];
  return [
    `a=ice-ufrag:${first(offer, /^a=ice-ufrag:([^\r\n]*)/m)}`,
    `a=ice-pwd:${first(offer, /^a=ice-pwd:([^\r\n]*)/m)}`,
    `m=${kind} 9 ${protocol} 0`,
    `a=mid:${bundleMid(offer)}`,
    ...candidates.map((candidate) => `a=${candidate}`),
    ...(complete ? ["a=end-of-candidates"] : []),
    "",
  ].join("\r\n");
}
