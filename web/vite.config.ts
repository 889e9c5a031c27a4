import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { defineConfig, type Plugin } from "vite";

/** Writes down every document that the pages open with, by its hash, for the gateway to know them: documents.json. */
function trustedDocuments(folder: string): Plugin {
  return {
    name: "trusted-documents",
    apply: "build",
    generateBundle() {
      const documents: Record<string, string> = {};
      for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" }).sort()) {
        if (!name.endsWith(".graphql")) continue;
        const text = readFileSync(join(folder, name), "utf8");
        // With its comments as the pages send it, and without as other clients do.
        const bare = text.split("\n").filter((line) => !line.startsWith("#")).join("\n").trimEnd();
        for (const sent of [text, bare]) documents[createHash("sha256").update(sent).digest("hex")] = sent;
      }
      this.emitFile({ type: "asset", fileName: "documents.json", source: JSON.stringify(documents) });
    },
  };
}

const GATEWAY = "http://127.0.0.1:8000";

export default defineConfig({
  root: "src/playground",
  base: "/playground/",
  publicDir: false,
  plugins: [trustedDocuments(join(import.meta.dirname, "src"))],
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
