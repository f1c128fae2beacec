import { viewersWords } from "../../broadcast/words";
import { Icon } from "../Icon";

/** That this is happening now, and how many watch. */
export function LiveBadge({ viewers }: { viewers: number | null }) {
  return (
    <p className="live-badge">
      <span className="live-word">Live</span>
      {viewers !== null && (
        <span className="live-viewers" title={viewersWords(viewers)}>
          <Icon name="viewers" />
          {viewers}
          <span className="visually-hidden"> watching</span>
        </span>
      )}
    </p>
  );
}
