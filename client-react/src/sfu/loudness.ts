/** How loud a track of the user's own is, for a meter before anything is sent. */

const EVERY_MS = 80;
/** In decibels below full scale: where the meter is empty, and where it is full. */
const [SILENT, FULL] = [-60, -12];

/** Loudness of samples from 0 (silence) to 1, as ears have it. */
export function loudnessOf(samples: Float32Array): number {
  const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length;
  if (power === 0) return 0;
  return Math.min(1, Math.max(0, (10 * Math.log10(power) - SILENT) / (FULL - SILENT)));
}

/** Tells the loudness again and again; gives what ends that. */
export function watchLoudness(track: MediaStreamTrack, tell: (loudness: number) => void): () => void {
  const context = new AudioContext();
  const analyser = context.createAnalyser();
  analyser.fftSize = 1024;
  context.createMediaStreamSource(new MediaStream([track])).connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  const timer = setInterval(() => {
    // Some browsers measure nothing before the first click.
    if (context.state === "suspended") context.resume().catch(() => undefined);
    analyser.getFloatTimeDomainData(samples);
    tell(loudnessOf(samples));
  }, EVERY_MS);
  return () => {
    clearInterval(timer);
    context.close().catch(() => undefined);
  };
}
