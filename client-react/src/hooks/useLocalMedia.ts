import type { LocalMediaState } from "../sfu/store";
import type { Source } from "../protocol/types";
import { useSession } from "./useSession";
import { useSessionState } from "./useSessionState";

export interface LocalMediaControls extends LocalMediaState {
  /** Opens what a join would open, for a preview. */
  preview: () => void;
  toggle: (source: Source) => void;
  /** Mutes an open microphone; opens one that is not open. */
  toggleMuted: () => void;
}

/** The user's own camera, microphone and screen. */
export function useLocalMedia(): LocalMediaControls {
  const { local } = useSession();
  const { local: state } = useSessionState();
  return {
    ...state,
    preview: () => void local.turnOnWanted(),
    toggle: (source) => void local.toggle(source),
    toggleMuted: () => {
      if (state.tracks.microphone) void local.setMuted(!state.muted);
      else void local.turnOn("microphone");
    },
  };
}
