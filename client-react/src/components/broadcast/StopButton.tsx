import { useState } from "react";
import { stopBroadcast } from "../../broadcast/api";
import { problemSentence } from "../../broadcast/problem";
import { Dialog } from "../Dialog";
import { Icon } from "../Icon";

const STOPPED = "Stopped. The id stays valid: begin again whenever you like. Press Stop Streaming in OBS, too, or it comes back by itself.";

interface Props {
  id: string;
  live: boolean;
  onStopped: () => void;
}

/** Ends the broadcast, after asking. */
export function StopButton({ id, live, onStopped }: Props) {
  const [asking, setAsking] = useState(false);
  const [stopped, setStopped] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);

  const ask = () => {
    setAsking(true);
    setStopped(false);
    setProblem(null);
  };
  const stop = async () => {
    setAsking(false);
    try {
      await stopBroadcast(id);
      setStopped(true);
      onStopped();
    } catch (error) {
      setProblem(problemSentence(error));
    }
  };

  return (
    <>
      {live && (
        <button type="button" className="secondary stop" onClick={ask}>
          <Icon name="stop" />
          Stop the broadcast
        </button>
      )}
      <p className="hint stopped" role="status">{problem ?? (stopped && !live ? STOPPED : null)}</p>
      {asking && (
        <Dialog title="Stop the broadcast?" onClose={() => { setAsking(false); }}>
          <p>Viewers see that it has ended. The id stays valid, and who stays sees it again when you begin again.</p>
          <div className="dialog-actions">
            <button type="button" className="secondary" onClick={() => { setAsking(false); }}>Go on</button>
            <button type="button" className="primary danger" onClick={() => void stop()}>Stop</button>
          </div>
        </Dialog>
      )}
    </>
  );
}
