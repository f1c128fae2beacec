/** A bitrate as people read it, never broken between number and unit. */
export const rate = (bits: number): string =>
  bits >= 1_000_000 ? `${(bits / 1_000_000).toFixed(1)}\u00a0Mb/s` : `${Math.round(bits / 1_000)}\u00a0kb/s`;
