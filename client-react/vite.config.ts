import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

/** Where `npm run dev` finds a running miso; the built page is served by miso itself. */
const server = "http://127.0.0.1:3000";

export default defineConfig({
  plugins: [react()],
  server: {
    proxy: { "/socket.io": { target: server, ws: true, secure: false }, "/api": server, "/whip": server, "/whep": server },
  },
  build: { target: "es2022", sourcemap: false, chunkSizeWarningLimit: 800 },
  test: { include: ["test/**/*.test.{ts,tsx}"], environment: "node" },
});
