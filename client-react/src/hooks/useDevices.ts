import { useEffect } from "react";
import { type ChosenDevices, type DeviceKind, type DeviceList, watchDevices } from "../sfu/devices";
import { useSession } from "./useSession";
import { useSessionState } from "./useSessionState";

export interface DeviceControls {
  devices: DeviceList;
  chosen: ChosenDevices;
  choose: (kind: DeviceKind, id: string) => void;
}

/** What there is to choose from, kept up to date while the caller is on the screen. */
export function useDevices(): DeviceControls {
  const { local } = useSession();
  const { devices, chosen } = useSessionState().local;

  useEffect(() => {
    void local.refreshDevices();
    return watchDevices(() => void local.refreshDevices());
  }, [local]);

  return { devices, chosen, choose: (kind, id) => void local.choose(kind, id) };
}
