/** Builds the npm package: the client, and its React hooks apart from it. What it needs stays outside. */
import { defineConfig } from "vite";

export default defineConfig({
  publicDir: false,
  build: {
    outDir: "package",
    target: "es2022",
    minify: false,
    sourcemap: true,
    lib: { entry: { index: "src/index.ts", react: "src/react.ts" }, formats: ["es"] },
    rolldownOptions: { external: [/^react($|\/)/, "mediasoup-client", "socket.io-client"] },
  },
});
