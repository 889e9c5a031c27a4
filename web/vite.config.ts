import { defineConfig } from "vite";

const GATEWAY = "http://127.0.0.1:8000";

export default defineConfig({
  root: "src/playground",
  base: "/playground/",
  publicDir: false,
  cacheDir: "../../node_modules/.vite",
  build: {
    outDir: "../../dist/playground",
    emptyOutDir: true,
    target: "es2022",
    modulePreload: { polyfill: false },
    // The page carries an editor, which is one large chunk by nature.
    chunkSizeWarningLimit: 6000,
    rolldownOptions: {
      // Libraries say "use client" to frameworks that this build is not.
      onLog: (level, log, report) => {
        if (log.code !== "MODULE_LEVEL_DIRECTIVE") report(level, log);
      },
    },
  },
  worker: { format: "es" },
  server: { proxy: { "/graphql": { target: GATEWAY, ws: true } } },
});
