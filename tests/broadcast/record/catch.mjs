// Stands in for a WHIP or WHEP server to a client that is being recorded: keeps the offer it POSTs and refuses it.
// Usage: node catch.mjs NAME.sdp COMMAND…, where URL in the command is replaced by the address to POST to.
import { spawn } from "node:child_process";
import { createServer } from "node:http";
import { keep } from "./keep.mjs";

const [name, command, ...rest] = process.argv.slice(2);

async function body(request) {
  let text = "";
  for await (const piece of request.setEncoding("utf8")) text += piece;
  return text;
}

const server = createServer(async (request, response) => {
  const offer = await body(request);
  if (request.method !== "POST") console.log(request.method, request.url);
  if (request.method === "POST") keep(name, offer);
  response.writeHead(503, { "content-type": "text/plain" }).end("recorded");
});
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
const url = `http://127.0.0.1:${server.address().port}/`;
const child = spawn(command, rest.map((part) => part.replace("URL", url)), { stdio: ["ignore", "inherit", "inherit"] });
const patience = setTimeout(() => child.kill("SIGKILL"), 30_000);
await new Promise((resolve) => child.once("exit", resolve));
clearTimeout(patience);
server.close();
