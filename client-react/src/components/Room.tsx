import { useEffect, useState } from "react";
import { recall, remember } from "../app/remember";
import { tilesOf } from "../app/tiles";
import { useDevices } from "../hooks/useDevices";
import { useLocalMedia } from "../hooks/useLocalMedia";
import { usePeers } from "../hooks/usePeers";
import { useRoom } from "../hooks/useRoom";
import { useShortcuts } from "../hooks/useShortcuts";
import { canShareScreen } from "../sfu/devices";
import { AudioOutput } from "./AudioOutput";
import { ConnectionBanner } from "./ConnectionBanner";
import { Controls } from "./Controls";
import { HelpDialog } from "./HelpDialog";
import { Notice } from "./Notice";
import { QualityPanel } from "./QualityPanel";
import { RoomHeader } from "./RoomHeader";
import { SettingsDialog } from "./SettingsDialog";
import { Stage, type View } from "./Stage";

/** The call: everybody's tiles, the controls, and more on demand. */
export function Room() {
  const { status, room, displayName } = useRoom();
  const local = useLocalMedia();
  const peers = usePeers();
  const [view, setView] = useState<View>("grid");
  const [pinned, setPinned] = useState<string | null>(null);
  const [showStats, setShowStats] = useState(false);
  const [dialog, setDialog] = useState<"help" | "settings" | null>(null);
  const [shortcutsOn, setShortcutsOn] = useState(() => recall("shortcuts") !== "off");

  const toggleView = () => { setView(view === "grid" ? "speaker" : "grid"); };
  const toggleStats = () => { setShowStats(!showStats); };
  const openSettings = () => { setDialog("settings"); };
  const openHelp = () => { setDialog("help"); };
  const togglePin = (key: string) => {
    setPinned(key === pinned ? null : key);
    if (key !== pinned) setView("speaker");
  };
  const toggleShortcuts = () => {
    remember("shortcuts", shortcutsOn ? "off" : "on");
    setShortcutsOn(!shortcutsOn);
  };

  useEffect(() => {
    document.title = `${room} · miso`;
  }, [room]);
  useShortcuts(
    {
      m: local.toggleMuted,
      c: () => { local.toggle("camera"); },
      ...(canShareScreen() && { s: () => { local.toggle("screen"); } }),
      v: toggleView,
      q: toggleStats,
      d: openSettings,
      "?": openHelp,
    },
    shortcutsOn,
  );

  return (
    <div className="room" data-status={status} data-peers={peers.length}>
      <RoomHeader people={peers.length + 1} onHelp={openHelp} />
      <ConnectionBanner />
      <Notice />
      <Stage view={view} tiles={tilesOf(peers, local, displayName)} pinned={pinned} togglePin={togglePin} />
      <Voices />
      {showStats && <QualityPanel onClose={toggleStats} />}
      <Controls {...{ view, toggleView, showStats, toggleStats, openSettings }} />
      {dialog === "help" && (
        <HelpDialog shortcutsOn={shortcutsOn} onToggleShortcuts={toggleShortcuts} onClose={() => { setDialog(null); }} />
      )}
      {dialog === "settings" && <SettingsDialog onClose={() => { setDialog(null); }} />}
    </div>
  );
}

/** Everybody's sound, whatever is on the screen. */
function Voices() {
  const peers = usePeers();
  const { speaker } = useDevices().chosen;
  return peers.flatMap((peer) => peer.media.filter((one) => one.track.kind === "audio").map((one) => (
    <AudioOutput key={one.producerId} track={one.track} name={peer.displayName} speaker={speaker} />
  )));
}
