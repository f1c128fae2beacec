/** What to set in OBS Studio, in the order in which it asks. */
export function ObsSettings({ whipUrl }: { whipUrl: string }) {
  return (
    <section className="panel" aria-labelledby="obs">
      <h2 id="obs">In OBS Studio</h2>
      <h3>Settings → Stream</h3>
      <dl className="settings">
        <Setting name="Service" value="WHIP" />
        <Setting name="Server" value={whipUrl} />
        <Setting name="Bearer Token" value="may stay empty" soft />
      </dl>
      <h3>Settings → Output</h3>
      <dl className="settings">
        <Setting name="Video Encoder" value="x264, or your graphics card's H.264" />
        <Setting name="Keyframe Interval" value="1 or 2 s" />
        <Setting name="Tune" value="zerolatency" />
        <Setting name="B-frames" value="0" note="x264 Options: bframes=0" />
      </dl>
      <p className="hint">Then press Start Streaming. When the connection breaks, OBS comes back by itself, and so do your viewers.</p>
    </section>
  );
}

interface SettingProps {
  name: string;
  value: string;
  soft?: boolean;
  note?: string;
}

function Setting({ name, value, soft = false, note }: SettingProps) {
  return (
    <div>
      <dt>{name}</dt>
      <dd className={soft ? "soft" : ""}>
        {value}
        {note !== undefined && <small>{note}</small>}
      </dd>
    </div>
  );
}
