import { type SyntheticEvent, useState } from "react";
import { useRoom } from "../hooks/useRoom";
import { pathOfRoom, roomFromPath } from "../roomPath";
import { Logo } from "./Logo";
import { ThemeButton } from "./ThemeButton";

const NAME_KEY = "miso.name";

/** Pick a room and a name. */
export function Lobby() {
  const { join } = useRoom();
  const [room, setRoom] = useState(() => roomFromPath(location.pathname) ?? "");
  const [name, setName] = useState(() => localStorage.getItem(NAME_KEY) ?? "");

  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    localStorage.setItem(NAME_KEY, name.trim());
    history.replaceState(null, "", pathOfRoom(room.trim()));
    join(room.trim(), name.trim());
  };

  return (
    <main className="lobby">
      <ThemeButton />
      <form className="card" onSubmit={submit}>
        <Logo />
        <h1>Join a room</h1>
        <p className="hint">Everyone who picks the same room name meets there, with camera and microphone.</p>
        <Field id="room" label="Room" value={room} onChange={setRoom} maxLength={64} autoComplete="off" />
        <Field id="name" label="Your name" value={name} onChange={setName} maxLength={64} autoComplete="nickname" />
        <button type="submit" className="primary" disabled={!room.trim() || !name.trim()}>
          Join the call
        </button>
      </form>
    </main>
  );
}

interface FieldProps {
  id: string;
  label: string;
  value: string;
  onChange: (value: string) => void;
  maxLength: number;
  autoComplete: string;
}

function Field({ id, label, onChange, ...input }: FieldProps) {
  return (
    <label htmlFor={id} className="field">
      {label}
      <input id={id} required {...input} onChange={(event) => { onChange(event.target.value); }} />
    </label>
  );
}
