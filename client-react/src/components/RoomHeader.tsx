import { useState } from "react";
import { useRoom } from "../hooks/useRoom";
import { pathOfRoom } from "../roomPath";
import { Icon } from "./Icon";
import { Logo } from "./Logo";
import { ThemeButton } from "./ThemeButton";

interface Props {
  people: number;
}

/** Where we are, how many we are, and a link for others. */
export function RoomHeader({ people }: Props) {
  const { room, status } = useRoom();
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(new URL(pathOfRoom(room), location.href).href);
    setCopied(true);
  };

  return (
    <header className="room-header">
      <Logo />
      <h1>{room}</h1>
      <span className="count">{status === "joined" ? `${people} ${people === 1 ? "person" : "people"}` : "Connecting…"}</span>
      <span className="spacer" />
      <button type="button" className="quiet" onClick={() => { copy().catch(() => { setCopied(false); }); }}>
        <Icon name="link" />
        <span>{copied ? "Link copied" : "Copy link"}</span>
      </button>
      <ThemeButton />
    </header>
  );
}
