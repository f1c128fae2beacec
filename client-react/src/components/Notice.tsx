import { useRoom } from "../hooks/useRoom";
import { Icon } from "./Icon";

/** What went wrong, in a sentence; read aloud by screen readers. */
export function Notice() {
  const { status, problem, dismiss } = useRoom();
  const shown = status === "reconnecting" ? null : problem;
  return (
    <div className="notice-area" role="alert">
      {shown !== null && (
        <p className="notice" data-testid="notice">
          <Icon name="warning" />
          <span>{shown}</span>
          <button type="button" className="quiet" onClick={dismiss} aria-label="Dismiss this message">
            <Icon name="close" />
          </button>
        </p>
      )}
    </div>
  );
}
