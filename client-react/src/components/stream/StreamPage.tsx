import { NO_ID } from "../../broadcast/words";
import { useTheme } from "../../hooks/useTheme";
import "../../styles/stream.css";
import { Player } from "./Player";
import { StreamMessage } from "./StreamMessage";

/** `/stream?id=…`: one broadcast, for whoever has the link. */
export function StreamPage() {
  // Nothing here switches the colours; what was chosen elsewhere holds.
  useTheme();
  const id = new URLSearchParams(location.search).get("id");
  if (id) return <Player id={id} />;
  return (
    <main className="stream" data-status="unknown">
      <h1 className="visually-hidden">Stream</h1>
      <StreamMessage message={NO_ID} />
    </main>
  );
}
