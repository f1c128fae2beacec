import type { Message } from "../../broadcast/words";
import { Logo } from "../Logo";

interface Props {
  message: Message | null;
  /** What is said aloud where nothing is in the way. */
  otherwise?: string;
  onAction?: () => void;
}

/** What stands in the way of the picture: on the screen, and read aloud when it changes. */
export function StreamMessage({ message, otherwise, onAction }: Props) {
  return (
    <div className="stream-message" aria-live="polite" data-testid="message">
      {!message && <span className="visually-hidden">{otherwise}</span>}
      {message && (
        <div className="stream-card">
          <Logo />
          <h2>{message.title}</h2>
          {message.text && <p>{message.text}</p>}
          {message.busy && <span className="spinner" aria-hidden="true" />}
          {message.action !== undefined && (
            <button type="button" className="primary" onClick={onAction}>
              {message.action}
            </button>
          )}
        </div>
      )}
    </div>
  );
}
