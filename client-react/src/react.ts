/** The session as React sees it: put one into `SessionContext`, and use these below it. */
export { SessionContext } from "./hooks/session";
export { useActiveSpeaker } from "./hooks/useActiveSpeaker";
export { type Attached, useConsumer } from "./hooks/useConsumer";
export { type DeviceControls, useDevices } from "./hooks/useDevices";
export { useFirstFrame } from "./hooks/useFirstFrame";
export { type LocalMediaControls, useLocalMedia } from "./hooks/useLocalMedia";
export { useLoudness } from "./hooks/useLoudness";
export { usePeers } from "./hooks/usePeers";
export { type RoomControls, useRoom } from "./hooks/useRoom";
export { useSession } from "./hooks/useSession";
export { useSessionState } from "./hooks/useSessionState";
export { type RatedRow, useStats } from "./hooks/useStats";
