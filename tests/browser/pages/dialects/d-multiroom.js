// mganeko/mediasoup_v3_example ca80de0, multiroom.html: names its room in an event of its own that nobody answers. It loads
// socket.io from the server.
import { report, server } from "./base.js";
import { meet } from "./room.js";
import { served } from "./served.js";
import { D } from "./words-d.js";

served().then((io) => {
  meet({
    ...D,
    connect: () => {
      const socket = io.connect(`${server}/`);
      socket.on("connect", () => socket.emit("prepare_room", { roomId: new URLSearchParams(location.search).get("room") }, () => {}));
      return socket;
    },
  });
}, report);
