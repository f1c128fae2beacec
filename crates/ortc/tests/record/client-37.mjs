import { Device } from 'mediasoup-client-37';
import { recorder } from './page.mjs';

globalThis.recorder = recorder({ Device });
