import { useRef, useState } from "react";
import { Icon } from "../Icon";

interface Props {
  name: string;
  label: string;
  value: string;
  /** Also offers to open it in another tab. */
  opens?: boolean;
}

/** An address to take along. */
export function CopyField({ name, label, value, opens = false }: Props) {
  const input = useRef<HTMLInputElement>(null);
  const [said, setSaid] = useState("Copy");

  const copy = async () => {
    try {
      await navigator.clipboard.writeText(value);
      setSaid("Copied");
    } catch {
      // Pages that are not secure may not copy; a person may.
      input.current?.select();
      setSaid("Selected");
    }
  };

  return (
    <div className="copy-field">
      <label htmlFor={name}>{label}</label>
      <input ref={input} id={name} readOnly value={value} onFocus={(event) => { event.target.select(); }} />
      <button type="button" className="secondary" onClick={() => void copy()} aria-live="polite">
        <Icon name="copy" />
        <span>
          {said}
          <span className="visually-hidden"> {label}</span>
        </span>
      </button>
      {opens && (
        <a className="secondary" href={value} target="_blank" rel="noreferrer">
          <Icon name="open" />
          <span>
            Open
            <span className="visually-hidden"> {label} in a new tab</span>
          </span>
        </a>
      )}
    </div>
  );
}
