// Records tests/fixtures/{chromium,firefox}.json: real browsers, real mediasoup-clients, no server.
// Usage: node record.mjs [chromium] [firefox]   (programs: $CHROMIUM, $FIREFOX)
// The router's capabilities are read from tests/fixtures/router-{compat,full}.json.

import { createServer } from 'node:http';
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import esbuild from 'esbuild';
import puppeteer from 'puppeteer-core';
import { chromium } from 'playwright-core';

const require = createRequire(import.meta.url);
const ortc = require(require.resolve('mediasoup').replace(/index\.js$/, 'ortc.js'));
const here = path => fileURLToPath(new URL(path, import.meta.url));
const fixture = name => here(`../fixtures/${name}.json`);
const routers = Object.fromEntries(
	['compat', 'full'].map(name => [name, JSON.parse(readFileSync(fixture(`router-${name}`)))]),
);
const CLIENTS = { 24: '3.24.1', 37: '3.7.7', 36: '3.6.98' };

const BROWSERS = {
	async chromium() {
		const browser = await chromium.launch({
			executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
			args: ['--no-sandbox', '--use-fake-ui-for-media-stream', '--use-fake-device-for-media-stream', '--disable-gpu'],
		});
		const page = await (await browser.newContext()).newPage();
		return { name: `Chromium ${browser.version()}`, page, close: () => browser.close() };
	},
	async firefox() {
		const browser = await puppeteer.launch({
			browser: 'firefox',
			executablePath: process.env.FIREFOX ?? '/usr/bin/firefox-esr',
			headless: true,
			extraPrefsFirefox: { 'media.navigator.streams.fake': true, 'media.navigator.permission.disabled': true },
		});
		return { name: `Firefox ${await browser.version()}`, page: await browser.newPage(), close: () => browser.close() };
	},
};

function serve() {
	const bundle = name =>
		esbuild.buildSync({ entryPoints: [here(`client-${name}.mjs`)], bundle: true, write: false, format: 'iife', define: { global: 'globalThis' } })
			.outputFiles[0].text;
	const bundles = Object.fromEntries(Object.keys(CLIENTS).map(name => [name, bundle(name)]));
	const server = createServer((request, response) => {
		const name = request.url.slice(1);
		response.setHeader('content-type', 'text/html');
		response.end(bundles[name] ? `<!doctype html><script>${bundles[name].replaceAll('</script', '<\\/script')}</script>` : '');
	});
	return new Promise(done => server.listen(0, '127.0.0.1', () => done(server)));
}

/** What mediasoup would send to a client that consumes its own producers. */
function consumersOf(router, recorded) {
	return recorded.produced.filter(each => each.rtpParameters).map(({ kind, rtpParameters }, index) => {
		const parameters = structuredClone(rtpParameters);
		ortc.validateAndNormalizeRtpParameters(parameters);
		const mapping = ortc.getProducerRtpParametersMapping(parameters, router);
		const consumable = ortc.getConsumableRtpParameters(kind, parameters, router, mapping);
		const consumer = ortc.getConsumerRtpParameters({
			consumableRtpParameters: consumable,
			remoteRtpCapabilities: structuredClone(recorded.rtpCapabilities),
			pipe: false,
			enableRtx: kind === 'video',
		});
		return { id: `c${index}`, producerId: `p${index}`, kind, rtpParameters: { ...consumer, mid: String(index) } };
	});
}

async function record(which, port) {
	const { name, page, close } = await BROWSERS[which]();
	const result = { origin: '', native: null, sessions: [] };
	for (const [client, version] of Object.entries(CLIENTS)) {
		for (const [profile, router] of Object.entries(routers)) {
			await page.goto(`http://127.0.0.1:${port}/${client}`);
			result.native ??= await page.evaluate(() => globalThis.recorder.native());
			const recorded = await page.evaluate(caps => globalThis.recorder.produce(caps), router);
			const consumers = consumersOf(router, recorded);
			const consumed = await page.evaluate(([caps, list]) => globalThis.recorder.consume(caps, list), [router, consumers]);
			result.sessions.push({ client: version, profile, ...recorded, consumed });
			const failed = recorded.produced.filter(each => each.error).map(each => `${each.name}: ${each.error}`);
			console.log(which, version, profile, 'call', recorded.call.error ?? 'ok', 'produced', recorded.produced.length - failed.length, failed, 'consumed', consumed);
		}
	}
	await close();
	result.origin =
		`Recorded by tests/record/record.mjs on ${new Date().toISOString().slice(0, 10)}: ${name} on Linux x86_64, headless, ` +
		`fake media; mediasoup-client ${Object.values(CLIENTS).join(', ')}. "native" is what the newest client reads off ` +
		'the browser; each session is one client version with the router capabilities of router-<profile>.json: what it ' +
		'would send as rtpCapabilities, what it produced on one transport per case, video before audio on one transport ' +
		'("call"), and how many of mediasoup\'s consumer parameters its receive transport took.';
	writeFileSync(fixture(which), `${JSON.stringify(result, null, '\t')}\n`);
}

const server = await serve();
for (const which of process.argv.length > 2 ? process.argv.slice(2) : Object.keys(BROWSERS)) await record(which, server.address().port);
process.exit(0);
