import { type KeyboardEvent, type MouseEvent, useEffect, useRef } from "react";
import { messageOf } from "../../broadcast/words";
import { useFullscreen } from "../../hooks/useFullscreen";
import { useIdle } from "../../hooks/useIdle";
import { usePageTitle } from "../../hooks/usePageTitle";
import { usePictureInPicture } from "../../hooks/usePictureInPicture";
import { usePlayback } from "../../hooks/usePlayback";
import { useWhep } from "../../hooks/useWhep";
import { Icon } from "../Icon";
import { LiveBadge } from "./LiveBadge";
import { PlayerControls } from "./PlayerControls";
import { StreamMessage } from "./StreamMessage";

/** The picture, what stands in its way, and what one can do with it. */
export function Player({ id }: { id: string }) {
  const frame = useRef<HTMLElement>(null);
  const video = useRef<HTMLVideoElement>(null);
  const { status, stream, viewers, problem, again } = useWhep(id);
  const playback = usePlayback(video, stream);
  const fullscreen = useFullscreen(frame, video);
  const pictureInPicture = usePictureInPicture(video);
  const idle = useIdle(frame);
  const live = status === "live";
  const message = messageOf({ status, problem });
  usePageTitle(message?.title ?? "Live");

  // So that its keys act without a click, which who came by keyboard has not made.
  useEffect(() => { frame.current?.focus({ preventScroll: true }); }, []);

  /** The button that is pressed goes away: the focus stays in the player. */
  const stay = () => { frame.current?.focus({ preventScroll: true }); };
  /** A finger on the picture asks for the controls. */
  const click = ({ nativeEvent }: MouseEvent) => {
    if ((nativeEvent as PointerEvent).pointerType !== "touch") playback.togglePlaying();
  };

  // Keys act while the focus is in the player, where they cannot be meant for anything else.
  const act: Record<string, (() => void) | null> = {
    k: playback.togglePlaying,
    m: playback.toggleMuted,
    f: fullscreen.toggle,
    p: pictureInPicture.toggle,
  };
  const press = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    act[event.key.toLowerCase()]?.();
  };

  return (
    <main
      ref={frame}
      className="stream"
      tabIndex={-1}
      onKeyDown={press}
      data-status={status}
      data-picture={playback.hasPicture}
      data-idle={idle && live && !playback.paused}
    >
      <h1 className="visually-hidden">Stream</h1>
      <video ref={video} playsInline autoPlay onClick={click} aria-label="The broadcast" />
      {live && <LiveBadge viewers={viewers} />}
      {live && !playback.hasPicture && <span className="spinner stream-spinner" aria-hidden="true" />}
      <StreamMessage message={message} otherwise="Live" onAction={() => { stay(); again(); }} />
      {live && playback.silenced && (
        <button type="button" className="primary tap-for-sound" onClick={() => { stay(); playback.toggleMuted(); }}>
          <Icon name="volume" crossed />
          Tap for sound
        </button>
      )}
      {live && <PlayerControls {...{ playback, fullscreen, pictureInPicture }} />}
    </main>
  );
}
