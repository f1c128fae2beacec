import { useState } from "react";
import { useLocalMedia } from "../hooks/useLocalMedia";
import { usePeers } from "../hooks/usePeers";
import { useRoom } from "../hooks/useRoom";
import { AudioOutput } from "./AudioOutput";
import { Controls } from "./Controls";
import { PeerTile } from "./PeerTile";
import { RoomHeader } from "./RoomHeader";
import { StatsPanel } from "./StatsPanel";

/** The call: everybody's tiles, the controls, and statistics on demand. */
export function Room() {
  const { status, displayName } = useRoom();
  const { tracks, muted } = useLocalMedia();
  const peers = usePeers();
  const [showStats, setShowStats] = useState(false);
  const micOff = muted || !tracks.microphone;

  return (
    <div className="room" data-status={status} data-peers={peers.length}>
      <RoomHeader people={peers.length + 1} />
      <main className="grid">
        {peers.flatMap((peer) => peer.media.filter((one) => one.source === "screen").map((one) => (
          <PeerTile key={one.producerId} name={`${peer.displayName}'s screen`} track={one.track} screen />
        )))}
        {peers.map(({ peerId, displayName: name, media }) => {
          const video = media.find((one) => one.source === "camera");
          const audio = media.find((one) => one.source === "microphone");
          const track = video && !video.paused ? video.track : null;
          return <PeerTile key={peerId} peerId={peerId} name={name} track={track} muted={!audio || audio.paused} />;
        })}
        <PeerTile name={displayName ? `${displayName} (you)` : "You"} track={tracks.camera} muted={micOff} own />
      </main>
      {peers.flatMap((peer) => peer.media.filter((one) => one.track.kind === "audio").map((one) => (
        <AudioOutput key={one.producerId} track={one.track} name={peer.displayName} />
      )))}
      {showStats && <StatsPanel />}
      <Controls showStats={showStats} onToggleStats={() => { setShowStats(!showStats); }} />
    </div>
  );
}
