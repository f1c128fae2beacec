// junheeLee96/react-mediasoup-sfu b8e8e99: tells at every frame it paints whether it speaks.
import { meet } from "./room.js";
import { C, simulcast } from "./words-c.js";

meet({
  ...C,
  options: simulcast,
  joined: ({ say }) => {
    let frames = 0;
    const flood = () => {
      say("sounds", (frames += 1) % 2 ? "speak" : "listen");
      requestAnimationFrame(flood);
    };
    flood();
  },
});
