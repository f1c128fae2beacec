// Runs in the browser: everything a mediasoup-client says to a server, recorded instead of sent.

const RID_ENCODINGS = [
	{ maxBitrate: 100000, scaleResolutionDownBy: 4, scalabilityMode: 'L1T3' },
	{ maxBitrate: 300000, scaleResolutionDownBy: 2, scalabilityMode: 'L1T3' },
	{ maxBitrate: 900000, scaleResolutionDownBy: 1, scalabilityMode: 'L1T3' },
];

/** What each case produces; `codec` is a MIME type (and a parameter) the device must offer. */
const CASES = [
	{ name: 'audio', kind: 'audio', options: { codecOptions: { opusStereo: true, opusDtx: true } } },
	{ name: 'video', kind: 'video', options: {} },
	{ name: 'simulcast', kind: 'video', options: { encodings: RID_ENCODINGS } },
	{ name: 'vp9-svc', kind: 'video', codec: 'video/vp9', options: { encodings: [{ scalabilityMode: 'L3T3_KEY' }] } },
	{ name: 'h264', kind: 'video', codec: 'video/h264', options: {} },
	{ name: 'h264-simulcast', kind: 'video', codec: 'video/h264', options: { encodings: RID_ENCODINGS } },
	{ name: 'av1', kind: 'video', codec: 'video/av1', options: {} },
];

const TRANSPORT = {
	id: 'recorded',
	iceParameters: { usernameFragment: 'recorded', password: 'recordedrecordedrecorded', iceLite: true },
	iceCandidates: [
		{ foundation: 'udpcandidate', priority: 1076302079, ip: '127.0.0.1', address: '127.0.0.1', protocol: 'udp', port: 9, type: 'host' },
	],
	dtlsParameters: {
		role: 'auto',
		fingerprints: [{ algorithm: 'sha-256', value: Array(32).fill('AB').join(':') }],
	},
};

export function recorder({ Device, nativeHandler }) {
	const makeDevice = async () => (Device.factory ? Device.factory() : new Device());

	async function load(routerRtpCapabilities) {
		const device = await makeDevice();
		await device.load({ routerRtpCapabilities });
		return device;
	}

	function sendTransport(device, heard) {
		const transport = device.createSendTransport(structuredClone(TRANSPORT));
		transport.on('connect', ({ dtlsParameters }, done) => {
			heard.dtlsParameters ??= dtlsParameters;
			done();
		});
		transport.on('produce', ({ kind, rtpParameters }, done) => {
			heard.produced.push({ kind, rtpParameters: JSON.parse(JSON.stringify(rtpParameters)) });
			done({ id: String(heard.produced.length) });
		});
		return transport;
	}

	async function track(kind) {
		const stream = await navigator.mediaDevices.getUserMedia({ [kind]: true });
		return stream.getTracks()[0];
	}

	/** One case on a transport of its own; `null` when the device does not offer the codec. */
	async function produceAlone(device, { name, kind, codec, options }) {
		const caps = device.sendRtpCapabilities ?? device.rtpCapabilities;
		const chosen = codec && caps.codecs.find(c => c.mimeType.toLowerCase() === codec);
		if (codec && !chosen) return null;
		const heard = { produced: [] };
		const transport = sendTransport(device, heard);
		try {
			await transport.produce({ track: await track(kind), codec: chosen, ...options });
			return { name, ...heard.produced[0] };
		} catch (error) {
			return { name, error: String(error) };
		} finally {
			transport.close();
		}
	}

	/** Video before audio on one transport: the order that header-extension ids break in. */
	async function produceCall(device) {
		const heard = { produced: [] };
		const transport = sendTransport(device, heard);
		try {
			for (const kind of ['video', 'audio']) await transport.produce({ track: await track(kind) });
		} catch (error) {
			heard.error = String(error);
		}
		transport.close();
		return heard;
	}

	return {
		async native() {
			if (!nativeHandler) return null;
			return JSON.parse(JSON.stringify(await nativeHandler()));
		},
		async produce(routerRtpCapabilities) {
			const device = await load(routerRtpCapabilities);
			const produced = [];
			for (const each of CASES) produced.push(await produceAlone(device, each));
			const receive = device.recvRtpCapabilities ?? device.rtpCapabilities;
			return JSON.parse(
				JSON.stringify({
					rtpCapabilities: receive,
					call: await produceCall(device),
					produced: produced.filter(Boolean),
				}),
			);
		},
		/** Feeds consumer parameters to a receive transport; returns how many were taken, or why not. */
		async consume(routerRtpCapabilities, consumers) {
			const device = await load(routerRtpCapabilities);
			const transport = device.createRecvTransport(structuredClone(TRANSPORT));
			transport.on('connect', (_, done) => done());
			let taken = 0;
			for (const consumer of consumers) {
				try {
					await transport.consume(consumer);
					taken += 1;
				} catch (error) {
					return { taken, error: String(error) };
				}
			}
			transport.close();
			return { taken };
		},
	};
}
