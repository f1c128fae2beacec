import { useRef } from "react";
import { useFocusBack } from "../hooks/useFocusBack";
import { useRoom } from "../hooks/useRoom";
import { Icon } from "./Icon";

/** What went wrong, in a sentence, and what the operator told; read aloud by screen readers. */
export function Notice() {
  const { status, problem, notices, dismiss } = useRoom();
  const shown = status === "reconnecting" || problem === null ? notices : [...notices, problem];
  return (
    <div className="notice-area" role="alert">
      {shown.length > 0 && <Sentence text={shown.join("\n")} dismiss={dismiss} />}
    </div>
  );
}

function Sentence({ text, dismiss }: { text: string; dismiss: () => void }) {
  const ref = useRef<HTMLParagraphElement>(null);
  useFocusBack(ref);
  return (
    <p ref={ref} className="notice" data-testid="notice">
      <Icon name="warning" />
      <span>{text}</span>
      <button type="button" className="quiet" onClick={dismiss} aria-label="Dismiss this message">
        <Icon name="close" />
      </button>
    </p>
  );
}
