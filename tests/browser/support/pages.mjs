// Serves tests/browser/pages, with each page's script bundled by esbuild when first asked for.
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const FOLDER = fileURLToPath(new URL("../pages/", import.meta.url));

/** `mediasoup-client` and `socket.io-client` in a page's script mean these packages. */
const bundle = async (script, client, io) => {
  const result = await build({
    entryPoints: [FOLDER + script],
    bundle: true,
    write: false,
    format: "iife",
    logLevel: "silent",
    define: { global: "window", "process.env.NODE_ENV": '"production"' },
    alias: { "mediasoup-client": client, ...(io && { "socket.io-client": io }) },
  });
  return result.outputFiles[0].text;
};

/** Gives `url(page, query)`; in the query `client` and `io` pick the packages that play mediasoup-client and socket.io-client. */
export async function startPages() {
  const bundles = new Map();
  const answer = async (request, response) => {
    const { pathname, searchParams } = new URL(request.url, "http://pages");
    const name = pathname.slice(1);
    if (!/^([\w-]+\/)?[\w-]+\.(html|js)$/.test(name)) return response.writeHead(404).end();
    if (name.endsWith(".html")) {
      response.setHeader("content-type", "text/html");
      const html = `<!doctype html><meta charset="utf-8"><title>${name}</title><body>`;
      return response.end(`${html}<script src="/${name.replace("html", "js")}?${searchParams}"></script>`);
    }
    const [client, io] = ["client", "io"].map((which) => searchParams.get(which) ?? "");
    const key = `${name} ${client} ${io}`;
    if (!bundles.has(key)) bundles.set(key, client ? bundle(name, client, io) : readFile(FOLDER + name, "utf8"));
    response.setHeader("content-type", "text/javascript");
    return response.end(await bundles.get(key));
  };
  const server = createServer((request, response) => {
    answer(request, response).catch((error) => response.writeHead(500).end(String(error)));
  }).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const base = `http://127.0.0.1:${server.address().port}`;
  return {
    url: (page, query = {}) => `${base}/${page}.html?${new URLSearchParams(query)}`,
    stop: () => new Promise((resolve) => server.close(resolve)),
  };
}
