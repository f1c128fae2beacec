// Answers with mediasoup's own ortc. Reads one JSON question a line on standard input, writes one
// JSON answer a line: { ok } or { error, unsupported }. Questions are those of tests/differential.
// Only JavaScript of mediasoup is loaded; no worker is built, downloaded or started.

import { createInterface } from 'node:readline';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const inside = name => require(require.resolve('mediasoup').replace(/index\.js$/, `${name}.js`));
const ortc = inside('ortc');
const utils = inside('utils');
const { supportedRtpCapabilities } = inside('supportedRtpCapabilities');
const { parseScalabilityMode } = inside('scalabilityModesUtils');
const { UnsupportedError } = inside('errors');

// mediasoup's only randomness here: the question brings the numbers.
let draws = [];
utils.generateRandomNumber = () => {
	if (draws.length === 0) throw new Error('reference drew more random numbers than the question holds');
	return draws.shift();
};

const attempt = action => {
	try {
		return { ok: action() };
	} catch (error) {
		return { error: String(error.message), unsupported: error instanceof UnsupportedError };
	}
};

/** Each stage has draws of its own, so that one which refuses does not shift the next. */
const drawing = (from, to, all) => {
	draws = all.slice(from, to);
};

/** A router, a producer, and a consumer of it, as Router and Transport of mediasoup call them. */
function session({ mediaCodecs, kind, rtpParameters, rtpCapabilities, pipe, enableRtx, draws: all }) {
	const router = ortc.generateRouterRtpCapabilities(structuredClone(mediaCodecs));
	drawing(0, 1, all);
	const produced = attempt(() => {
		const parameters = structuredClone(rtpParameters);
		ortc.validateAndNormalizeRtpParameters(parameters);
		if (parameters.encodings.length === 0) parameters.encodings = [{}];
		const mapping = ortc.getProducerRtpParametersMapping(parameters, router);
		return { mapping, consumable: ortc.getConsumableRtpParameters(kind, parameters, router, mapping) };
	});
	if (!produced.ok) return { router, produced };
	const { consumable } = produced.ok;
	return {
		router,
		produced: structuredClone(produced),
		canConsume: attempt(() => ortc.canConsume(consumable, structuredClone(rtpCapabilities))),
		consumed: attempt(() => {
			drawing(1, 3, all);
			const remote = structuredClone(rtpCapabilities);
			ortc.validateAndNormalizeRtpCapabilities(remote);
			return ortc.getConsumerRtpParameters({
				consumableRtpParameters: consumable,
				remoteRtpCapabilities: remote,
				pipe,
				enableRtx,
			});
		}),
		piped: attempt(() => {
			drawing(3, 5, all);
			return ortc.getPipeConsumerRtpParameters({ consumableRtpParameters: consumable, enableRtx });
		}),
	};
}

const validated = validate => ({ value }) => {
	const copy = structuredClone(value);
	validate(copy);
	return copy;
};

const QUESTIONS = {
	session,
	supported: () => supportedRtpCapabilities,
	capabilities: validated(ortc.validateAndNormalizeRtpCapabilities),
	parameters: validated(ortc.validateAndNormalizeRtpParameters),
	sctp: validated(ortc.validateAndNormalizeSctpStreamParameters),
	scalabilityMode: ({ value }) => parseScalabilityMode(value),
};

// The dependency descriptor that pipe consumers get is found when a router is made.
ortc.generateRouterRtpCapabilities([]);

for await (const line of createInterface({ input: process.stdin })) {
	const question = JSON.parse(line);
	console.log(JSON.stringify(attempt(() => QUESTIONS[question.ask](question))));
}
