import { type CSSProperties, useRef } from "react";
import { featuredTile, type Tile } from "../app/tiles";
import { useActiveSpeaker } from "../hooks/useActiveSpeaker";
import { useTileWidth } from "../hooks/useTileWidth";
import { PeerTile } from "./PeerTile";

export type View = "grid" | "speaker";

export interface Pinning {
  pinned: string | null;
  togglePin: (key: string) => void;
}

interface Props extends Pinning {
  view: View;
  tiles: readonly Tile[];
}

const GAP = 12;

/** Everybody's pictures, all alike or one large. A picture that moves stays the same element, so that it goes on. */
export function Stage({ view, tiles, pinned, togglePin }: Props) {
  const { active, audible } = useActiveSpeaker();
  const area = useRef<HTMLDivElement>(null);
  const width = useTileWidth(area, tiles.length, GAP);
  const featured = view === "speaker" ? featuredTile(tiles, active, pinned) : undefined;
  return (
    <div ref={area} className="stage">
      <main
        className={`${view} ${tiles.length === 1 ? "alone" : ""}`}
        aria-label={view === "grid" ? "Grid view" : "Speaker view"}
        style={{ "--tile-width": `${width}px` } as CSSProperties}
      >
        {tiles.map((tile) => (
          <PeerTile
            key={tile.key}
            tile={tile}
            featured={tile === featured}
            speaking={tile.kind === "person" && tile.peerId !== null && audible.has(tile.peerId)}
            pinned={tile.key === pinned}
            onPin={() => { togglePin(tile.key); }}
          />
        ))}
      </main>
    </div>
  );
}
