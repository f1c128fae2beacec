import { type SyntheticEvent, useState } from "react";
import { adminSentence } from "../../admin/words";
import { Dialog } from "../Dialog";

interface Props {
  title: string;
  send: (text: string) => Promise<void>;
}

/** Sends people a sentence. */
export function NoticeAction({ title, send }: Props) {
  const [writing, setWriting] = useState(false);
  const [text, setText] = useState("");
  const [said, setSaid] = useState<string | null>(null);

  const submit = async (event: SyntheticEvent) => {
    event.preventDefault();
    try {
      await send(text.trim());
      setText("");
      setSaid("Sent.");
    } catch (error) {
      setSaid(adminSentence(error));
    }
    setWriting(false);
  };
  return (
    <>
      <button type="button" className="secondary" onClick={() => { setWriting(true); setSaid(null); }}>Send a notice</button>
      {said !== null && <p className="hint" role="status">{said}</p>}
      {writing && (
        <Dialog title={title} onClose={() => { setWriting(false); }}>
          <form onSubmit={(event) => void submit(event)}>
            <label className="field">
              What they read
              <input name="notice" value={text} maxLength={500} required onChange={(event) => { setText(event.target.value); }} />
            </label>
            <div className="dialog-actions">
              <button type="submit" className="primary">Send</button>
            </div>
          </form>
        </Dialog>
      )}
    </>
  );
}
