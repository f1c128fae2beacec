import { type SyntheticEvent, useState } from "react";
import { recall, remember } from "../app/remember";
import { pathOfRoom, roomFromPath } from "../app/roomPath";
import { useRoom } from "../hooks/useRoom";

/** Which room, and under what name. */
export function JoinForm() {
  const { join, left } = useRoom();
  const [room, setRoom] = useState(() => roomFromPath(location.pathname) ?? "");
  const [name, setName] = useState(() => recall("name") ?? "");

  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    remember("name", name.trim());
    history.replaceState(null, "", pathOfRoom(room.trim()));
    join(room.trim(), name.trim());
  };

  return (
    <form className="join-form" onSubmit={submit}>
      <Field id="room" label="Room" value={room} onChange={setRoom} maxLength={64} autoComplete="off" />
      <Field id="name" label="Your name" value={name} onChange={setName} maxLength={64} autoComplete="nickname" />
      <button type="submit" className="primary" disabled={!room.trim() || !name.trim()}>
        {left ? "Join again" : "Join the call"}
      </button>
    </form>
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
