// ffmpeg's WHIP muxer as a publisher: a test picture in H264, a tone in Opus, and no answer to key-frame requests.
import { execFileSync } from "node:child_process";
import { until } from "../../headless/support/wait.mjs";
import { Program, PYTHON } from "./client.mjs";

let found;

/** The binary imageio-ffmpeg brings. */
export function binary() {
  found ??= execFileSync(PYTHON, ["-c", "import imageio_ffmpeg as f; print(f.get_ffmpeg_exe())"], { encoding: "utf8" }).trim();
  return found;
}

class Ffmpeg extends Program {
  /** Waits until its connection stands: only then it writes what it puts out. */
  async runs() {
    await until(() => `ffmpeg connected, exit ${this.exit}\n${this.log()}`, () => {
      if (this.exit !== null) throw new Error(`ffmpeg ended with ${this.exit}:\n${this.log()}`);
      return this.said.some((line) => line.startsWith("Output #0, whip"));
    }, 20_000);
    return this;
  }
}

const TONE = ["-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000"];
const picture = (size, rate) => ["-f", "lavfi", "-i", `testsrc=size=${size}:rate=${rate}`];

const h264 = (distance) => [
  ...["-c:v", "libx264", "-profile:v", "baseline", "-pix_fmt", "yuv420p", "-preset", "ultrafast", "-tune", "zerolatency"],
  ...["-g", distance, "-keyint_min", distance, "-sc_threshold", "0", "-bf", "0", "-b:v", "400k"],
];
const OPUS = ["-c:a", "libopus", "-ac", "2", "-b:a", "64k"];

/** Publishes until it is ended; `gop` is the distance of key frames in seconds. */
export function ffmpeg(url, { gop = 1, rate = 15, size = "320x180", token, flags = [] } = {}) {
  return new Ffmpeg(binary(), [
    ...["-hide_banner", "-loglevel", "info", "-nostats", "-re"],
    ...picture(size, rate),
    ...TONE,
    ...h264(String(Math.round(gop * rate))),
    ...OPUS,
    ...(token ? ["-authorization", token] : []),
    ...flags,
    ...["-f", "whip", url],
  ]);
}

/**
 * Arguments that send the same picture and tone as RTP to ports of this machine: `{ port, type, ssrc }` each. Of the picture
 * there may be several, each with a `size` of its own.
 */
export function rtp({ videos, audio, gop = 1, rate = 15, size = "320x180" }) {
  const to = ({ port, type, ssrc }) => ["-payload_type", type, "-ssrc", ssrc, "-f", "rtp", `rtp://127.0.0.1:${port}?pkt_size=1200`].map(String);
  return [
    ...["-hide_banner", "-loglevel", "error", "-nostats", "-re"],
    ...picture(size, rate),
    ...TONE,
    ...videos.flatMap((video) => [
      ...["-map", "0:v", "-s", video.size ?? size],
      ...[...h264(String(Math.round(gop * rate))), "-bsf:v", "dump_extra", ...to(video)],
    ]),
    ...["-map", "1:a", ...OPUS, ...to(audio)],
  ];
}
