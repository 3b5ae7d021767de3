import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

import { defineConfig } from "vite";

// A server to develop against: `runlog serve`, then `npm run dev`.
const server = process.env.RUNLOG_SERVER ?? "http://127.0.0.1:5000";

/** Puts a compressed twin beside each file, which is what the server sends. */
const compressed = {
  name: "compressed",
  closeBundle() {
    for (const name of readdirSync("dist", { recursive: true, encoding: "utf8" })) {
      if (!/\.(js|css|html|svg)$/.test(name)) continue;
      const path = join("dist", name);
      writeFileSync(`${path}.gz`, gzipSync(readFileSync(path), { level: 9 }));
    }
  },
};

export default defineConfig({
  // Relative, so that it works behind any prefix.
  base: "./",
  build: { assetsDir: "static-files", modulePreload: { polyfill: false }, target: "es2022" },
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  plugins: [compressed],
  server: { proxy: { "/ajax-api": server, "/api": server, "/get-artifact": server, "/version": server, "/model-versions": server } },
});
