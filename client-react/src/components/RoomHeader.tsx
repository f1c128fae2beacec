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
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(new URL(pathOfRoom(room), location.href).href);
    setCopied(true);
  };

  // The form that had the focus is gone: go on reading here.
  useEffect(() => { heading.current?.focus(); }, []);

  return (
    <header className="room-header">
      <Logo />
      <h1 ref={heading} tabIndex={-1}>{room}</h1>
      <span className="count">{`${people} ${people === 1 ? "person" : "people"}`}</span>
      <span className="spacer" />
      <button type="button" className="quiet" onClick={() => { copy().catch(() => { setCopied(false); }); }}>
        <Icon name="link" />
        <span>{copied ? "Link copied" : "Copy link"}</span>
      </button>
      <button type="button" className="quiet" onClick={onHelp} aria-label="Keyboard shortcuts" title="Keyboard shortcuts (?)">
        <Icon name="help" />
      </button>
      <ThemeButton />
    </header>
  );
}
