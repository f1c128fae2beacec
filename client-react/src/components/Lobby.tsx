import { useEffect, useRef } from "react";
import { useLocalMedia } from "../hooks/useLocalMedia";
import { useRoom } from "../hooks/useRoom";
import { DevicePicker } from "./DevicePicker";
import { JoinForm } from "./JoinForm";
import { Notice } from "./Notice";
import { PageHeader } from "./PageHeader";
import { Preview } from "./Preview";

/** See yourself, pick devices, a room and a name. `isBack` from a room, or from the way to one. */
export function Lobby({ isBack }: { isBack: boolean }) {
  const { left } = useRoom();
  const { preview } = useLocalMedia();
  const heading = useRef<HTMLHeadingElement>(null);
  const begin = useRef(left ? null : preview);

  useEffect(() => {
    document.title = "miso";
    // Who has just left does not want the camera to start again by itself.
    begin.current?.();
    begin.current = null;
  }, []);

  useEffect(() => {
    // What had the focus is gone: go on reading here.
    if (isBack) heading.current?.focus();
  }, [isBack]);

  return (
    <div className="lobby">
      <PageHeader />
      <main className="lobby-main">
        <section className="lobby-preview" aria-label="Camera and microphone">
          <Preview />
          <DevicePicker />
        </section>
        <section className="lobby-join">
          <h1 ref={heading} tabIndex={-1}>{left ? "You left the call" : "Join a room"}</h1>
          <p className="hint">
            {left ? "Come back any time, or pick another room." : "Everyone who picks the same room name meets there."}
          </p>
          <Notice />
          <JoinForm />
        </section>
      </main>
    </div>
  );
}
