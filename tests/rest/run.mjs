// Schemathesis against a live server with something in it: every answer must be one that /openapi.json
// describes, no request may be a fault of the server. `make test-rest` runs it; MISO_BIN names the server.
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { connect } from "../headless/support/client.mjs";
import { consume, enter, produce } from "../headless/support/media.mjs";
import { startServer } from "../headless/support/server.mjs";

const TOOL = fileURLToPath(new URL(".venv/bin/st", import.meta.url));
const server = await startServer();
const [sender, receiver] = [await connect(server), await connect(server)];
await enter(sender, "tea");
const { id } = await produce(sender);
const { rtpCapabilities } = await enter(receiver, "tea");
await consume(receiver, rtpCapabilities, id);

// Left out: what ends the server, and the stream, which never ends. The stateful phase guesses links
// between operations that are none.
const config = fileURLToPath(new URL("schemathesis.toml", import.meta.url));
const asked = [
  ...["--config-file", config],
  ...["run", `${server.url}/openapi.json`, "--phases", "examples,coverage,fuzzing", "--max-examples", "30"],
  ...["--exclude-path", "/api/v1/drain", "--exclude-path", "/api/v1/events"],
  ...["--seed", "1", "--continue-on-failure", "--request-timeout", "10", "--warnings", "off"],
];
const tool = spawn(TOOL, asked, { stdio: "inherit" });
const status = await new Promise((resolve) => tool.once("close", resolve));
const alive = (await fetch(`${server.url}/healthz`)).ok;
sender.close();
receiver.close();
await server.stop();
process.exit(status === 0 && alive ? 0 : 1);
