import { useEffect, useRef, useState } from "react";
import { pathOfRoom } from "../app/roomPath";
import { useRoom } from "../hooks/useRoom";
import { Icon } from "./Icon";
import { Logo } from "./Logo";
import { ThemeButton } from "./ThemeButton";

interface Props {
  people: number;
  onHelp: () => void;
}

/** Where we are, how many we are, and a link for others. */
export function RoomHeader({ people, onHelp }: Props) {
  const { room } = useRoom();
  const heading = useRef<HTMLHeadingElement>(null);
  const [said, setSaid] = useState<string | null>(null);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(new URL(pathOfRoom(room), location.href).href);
      setSaid("Link copied");
    } catch {
      // Pages that are not secure may not copy; a person may.
      setSaid("Copy it from the address bar");
    }
  };

  // The form that had the focus is gone: go on reading here.
  useEffect(() => { heading.current?.focus(); }, []);

  return (
    <header className="room-header">
      <Logo />
      <h1 ref={heading} tabIndex={-1}>{room}</h1>
      <span className="count">{`${people} ${people === 1 ? "person" : "people"}`}</span>
      <span className="spacer" />
      <button type="button" className={`quiet ${said === null ? "" : "said"}`} onClick={() => void copy()} aria-live="polite">
        <Icon name="link" />
        <span>{said ?? "Copy link"}</span>
      </button>
      <button type="button" className="quiet" onClick={onHelp} aria-label="Keyboard shortcuts" title="Keyboard shortcuts (?)">
        <Icon name="help" />
      </button>
      <ThemeButton />
    </header>
  );
}
