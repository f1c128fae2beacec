/** What a session needs of the browser; tests bring their own. */
import { Device, type types } from "mediasoup-client";
import { listDevices, openDevice } from "./devices";

export interface Platform {
  makeDevice: () => Promise<types.Device>;
  openDevice: typeof openDevice;
  listDevices: typeof listDevices;
}

export const BROWSER: Platform = { makeDevice: () => Device.factory(), openDevice, listDevices };
