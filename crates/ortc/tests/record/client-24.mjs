import { Device } from 'mediasoup-client';
import { Chrome111 } from 'mediasoup-client/handlers/Chrome111';
import { Firefox120 } from 'mediasoup-client/handlers/Firefox120';
import { recorder } from './page.mjs';

const Handler = navigator.userAgent.includes('Firefox') ? Firefox120 : Chrome111;
const { getNativeRtpCapabilities } = Handler.createFactory({});
const nativeHandler = async () => ({
	send: await getNativeRtpCapabilities({ direction: 'sendonly' }),
	receive: await getNativeRtpCapabilities({ direction: 'recvonly' }),
});
globalThis.recorder = recorder({ Device, nativeHandler });
