import { type ReactNode, useState } from "react";
import { adminSentence } from "../../admin/words";
import { Dialog } from "../Dialog";

interface Props {
  label: string;
  question: string;
  act: () => Promise<void>;
  onDone: () => void;
  /** What it does. */
  children: ReactNode;
}

/** A button for what cannot be taken back: asks first, and says when it failed. */
export function AskedAction({ label, question, act, onDone, children }: Props) {
  const [asking, setAsking] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);

  const run = async () => {
    setAsking(false);
    setProblem(null);
    try {
      await act();
      onDone();
    } catch (error) {
      setProblem(adminSentence(error));
    }
  };
  return (
    <>
      <button type="button" className="secondary" onClick={() => { setAsking(true); }}>{label}</button>
      {problem !== null && <p className="hint" role="alert">{problem}</p>}
      {asking && (
        <Dialog title={question} onClose={() => { setAsking(false); }}>
          <p>{children}</p>
          <div className="dialog-actions">
            <button type="button" className="secondary" onClick={() => { setAsking(false); }}>Cancel</button>
            <button type="button" className="primary danger" onClick={() => void run()}>{label}</button>
          </div>
        </Dialog>
      )}
    </>
  );
}
