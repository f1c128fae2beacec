// socket.io-client as the server serves it.
import { server } from "./base.js";

export const served = () =>
  new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = `${server}/socket.io/socket.io.js`;
    script.onload = () => resolve(window.io);
    script.onerror = () => reject(new Error(`nothing at ${script.src}`));
    document.head.append(script);
  });
