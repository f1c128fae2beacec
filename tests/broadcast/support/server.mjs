// A miso that clients which never pair with 127.0.0.1 reach, too.
import { mediaAddress } from "../../browser/support/server.mjs";
import { startServer as start } from "../../headless/support/server.mjs";

export const startServer = (...flags) => start({ flags: ["--media-ip", mediaAddress(), ...flags] });
