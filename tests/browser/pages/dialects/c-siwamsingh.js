// siwamsingh/Mediasoup-VideoChat ae412d3: video first, asks for an answer to `transport-connect` and whether somebody sends the
// kind already, and lists producers again and again.
import { meet } from "./room.js";
import { C, simulcast } from "./words-c.js";

meet({
  ...C,
  connectSend: async ({ ask }, { dtlsParameters }) => {
    if ((await ask("transport-connect", { dtlsParameters })) !== false) throw new Error("connected before it was");
  },
  joined: async ({ ask, say }) => {
    for (const kind of ["video", "audio"]) {
      const { alreadyExists } = await ask(`check-${kind}-exists`);
      if (typeof alreadyExists !== "boolean") throw new Error(`check-${kind}-exists: ${alreadyExists}`);
      say("set-already-exists", kind);
    }
  },
  tracks: ["video", "audio"],
  options: simulcast,
  goesOn(c, { producersExist, alredyExists }) {
    if (alredyExists) throw new Error("alredyExists");
    if (producersExist) return this.list(c);
  },
  async published(c) {
    for (let times = 0; times < 3; times += 1) await this.list(c);
  },
});
