// Stands between a page and the server for HTTP and Socket.IO, so that a test can cut that line while media flows on.
import { connect, createServer } from "node:net";

/** Gives `url` in place of the server's. */
export async function startProxy(server) {
  const { hostname, port } = new URL(server.url);
  const lines = new Set();
  let open = true;
  const proxy = createServer((near) => {
    if (!open) return near.destroy();
    const far = connect(Number(port), hostname);
    const end = () => {
      near.destroy();
      far.destroy();
    };
    for (const side of [near, far]) {
      lines.add(side);
      side.on("error", end).on("close", () => {
        lines.delete(side);
        end();
      });
    }
    return near.pipe(far).pipe(near);
  }).listen(0, "127.0.0.1");
  await new Promise((resolve) => proxy.once("listening", resolve));
  const cut = () => {
    for (const side of lines) side.resetAndDestroy();
  };
  return {
    url: `http://127.0.0.1:${proxy.address().port}`,
    cut,
    /** Cuts, and lets nobody through until it is opened. */
    close: () => {
      open = false;
      cut();
    },
    open: () => (open = true),
    stop: () => {
      cut();
      return new Promise((resolve) => proxy.close(resolve));
    },
  };
}
