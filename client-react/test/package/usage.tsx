import { createSession } from "miso-client-react";
import { SessionContext, useConsumer, useLocalMedia, usePeers, useRoom } from "miso-client-react/react";

const session = createSession({
  server: "https://sfu.example.org",
  token: () => fetch("/token").then((answer) => answer.text()),
});

export function Call() {
  return (
    <SessionContext.Provider value={session}>
      <Door />
      <People />
    </SessionContext.Provider>
  );
}

function Door() {
  const { status, problem, join, leave } = useRoom();
  const { muted, toggleMuted } = useLocalMedia();
  if (status === "idle") return <button onClick={() => { join("tea", "Ann"); }}>Join</button>;
  return (
    <p>
      {problem ?? status}
      <button onClick={toggleMuted}>{muted ? "Unmute" : "Mute"}</button>
      <button onClick={leave}>Leave</button>
    </p>
  );
}

function People() {
  return usePeers().map(({ peerId, displayName, media }) => (
    <section key={peerId} aria-label={displayName}>
      {media.map(({ producerId, track }) => <Player key={producerId} track={track} />)}
    </section>
  ));
}

function Player({ track }: { track: MediaStreamTrack }) {
  const { ref } = useConsumer<HTMLVideoElement>(track);
  return <video ref={ref} autoPlay playsInline />;
}
