import { Device } from 'mediasoup-client-36';
import { recorder } from './page.mjs';

globalThis.recorder = recorder({ Device });
