// Writes tests/fixtures/safari.json. No Safari runs on Linux: the codecs are those of a published offer
// (see ORIGIN), and mediasoup-client's own negotiation makes of them what its Safari handler would send.
// Usage: node safari.mjs

import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as client from 'mediasoup-client/ortc';

const ORIGIN =
	'NOT recorded on Safari. Native capabilities rebuilt from published SDP: the video codecs and payload types of ' +
	'Safari 18.6 in livekit/client-sdk-js issue 1617 (where its first H264 profile is cut off, 640c1f is assumed, ' +
	'as Safari has offered since 14) and the audio section of awslabs/amazon-kinesis-video-streams-webrtc-sdk-c ' +
	'pull request 1965; video header-extension ids assumed to be those libwebrtc gives an audio and video offer. ' +
	'rtpCapabilities and codecs, headerExtensions of rtpParameters computed from them by mediasoup-client 3.24.1; ' +
	'encodings, rtcp and msid written by hand in the shape of its Safari handler.';

const VIDEO_FEEDBACK = [
	['goog-remb', ''], ['transport-cc', ''], ['ccm', 'fir'], ['nack', ''], ['nack', 'pli'],
];
const feedback = list => list.map(([type, parameter]) => ({ type, parameter }));

function video(preferredPayloadType, mimeType, parameters, rtx) {
	const codec = { kind: 'video', mimeType, preferredPayloadType, clockRate: 90000, parameters, rtcpFeedback: feedback(VIDEO_FEEDBACK) };
	const repair = { ...codec, mimeType: 'video/rtx', preferredPayloadType: rtx, parameters: { apt: preferredPayloadType }, rtcpFeedback: [] };
	return [codec, repair];
}

function audio(preferredPayloadType, mimeType, clockRate, channels = 1, extra = {}) {
	return { kind: 'audio', mimeType, preferredPayloadType, clockRate, channels, parameters: {}, rtcpFeedback: [], ...extra };
}

const h264 = (id, mode) => ({ 'level-asymmetry-allowed': 1, 'packetization-mode': mode, 'profile-level-id': id });

const codecs = [
	audio(111, 'audio/opus', 48000, 2, { parameters: { minptime: 10, useinbandfec: 1 }, rtcpFeedback: feedback([['transport-cc', '']]) }),
	audio(63, 'audio/red', 48000, 2),
	audio(9, 'audio/G722', 8000),
	audio(0, 'audio/PCMU', 8000),
	audio(8, 'audio/PCMA', 8000),
	audio(13, 'audio/CN', 8000),
	audio(110, 'audio/telephone-event', 48000),
	audio(126, 'audio/telephone-event', 8000),
	...video(96, 'video/H264', h264('640c1f', 1), 97),
	...video(98, 'video/H264', h264('42e01f', 1), 99),
	...video(100, 'video/H264', h264('640c1f', 0), 101),
	...video(102, 'video/H264', h264('42e01f', 0), 103),
	...video(104, 'video/H265', {}, 105),
	...video(106, 'video/VP8', {}, 107),
	...video(108, 'video/VP9', { 'profile-id': 0 }, 109),
	...video(127, 'video/VP9', { 'profile-id': 2 }, 125),
];

const WEBRTC = 'http://www.webrtc.org/experiments/rtp-hdrext/';
const SDES = 'urn:ietf:params:rtp-hdrext:sdes:';
const TWCC = 'http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01';
const EXTENSIONS = {
	audio: [['urn:ietf:params:rtp-hdrext:ssrc-audio-level', 1], [`${WEBRTC}abs-send-time`, 2], [TWCC, 3], [`${SDES}mid`, 4]],
	video: [
		['urn:ietf:params:rtp-hdrext:toffset', 14], [`${WEBRTC}abs-send-time`, 2], ['urn:3gpp:video-orientation', 13], [TWCC, 3],
		[`${WEBRTC}playout-delay`, 5], [`${WEBRTC}video-content-type`, 6], [`${WEBRTC}video-timing`, 7], [`${WEBRTC}color-space`, 8],
		[`${SDES}mid`, 4], [`${SDES}rtp-stream-id`, 10], [`${SDES}repaired-rtp-stream-id`, 11],
	],
};
const headerExtensions = Object.entries(EXTENSIONS).flatMap(([kind, list]) =>
	list.map(([uri, preferredId]) => ({ kind, uri, preferredId, preferredEncrypt: false, direction: 'sendrecv' })),
);

const native = { codecs, headerExtensions };

/** The codec to send (and its RTX) alone, as a client's sending parameters list it first. */
function only(parameters, mimeType) {
	const codec = parameters.codecs.find(each => each.mimeType.toLowerCase() === mimeType);
	const rtx = parameters.codecs.find(each => each.parameters.apt === codec.payloadType);
	return { ...parameters, codecs: [codec, ...(rtx ? [rtx] : [])] };
}

function session(profile) {
	const router = JSON.parse(readFileSync(fileURLToPath(new URL(`../fixtures/router-${profile}.json`, import.meta.url))));
	const extended = client.getExtendedRtpCapabilities(structuredClone(native), router, false);
	const sending = kind => client.getSendingRtpParameters(kind, extended);
	const rest = {
		mid: '0',
		rtcp: { cname: 'hKr8mVb2aXfM1pQd', reducedSize: true },
		msid: '5d3b6d04-6039-4cd2-85b8-bac3b9740263 833dba34-201d-4710-b1ce-8273bf20a245',
	};
	const stream = ssrc => ({ ssrc, rtx: { ssrc: ssrc + 1 }, dtx: false });
	const produce = (name, kind, mimeType, encodings) => ({
		name, kind, rtpParameters: JSON.parse(JSON.stringify({ ...only(sending(kind), mimeType), encodings, ...rest })),
	});
	return {
		client: '3.24.1',
		profile,
		rtpCapabilities: JSON.parse(JSON.stringify(client.getRecvRtpCapabilities(extended))),
		call: { produced: [] },
		produced: [
			produce('audio', 'audio', 'audio/opus', [{ ssrc: 205815247, dtx: false }]),
			produce('video', 'video', 'video/vp8', [stream(3752912407)]),
			// Safari's simulcast through the old handler: streams named by SSRC, not by RID.
			produce('simulcast', 'video', 'video/vp8', [stream(1000001), stream(1000003), stream(1000005)]),
			produce('h264', 'video', 'video/h264', [stream(2000001)]),
			produce('vp9-svc', 'video', 'video/vp9', [{ ...stream(3000001), scalabilityMode: 'L1T2' }]),
		],
	};
}

const result = { origin: ORIGIN, native: { send: native, receive: native }, sessions: ['compat', 'full'].map(session) };
writeFileSync(fileURLToPath(new URL('../fixtures/safari.json', import.meta.url)), `${JSON.stringify(result, null, '\t')}\n`);
