import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, gzipSync } from "node:zlib";
import react from "@vitejs/plugin-react";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

// The console process that `npm run dev` hands /api on to.
const CONSOLE = process.env["LINEWATCH_CONSOLE_URL"] ?? "http://127.0.0.1:8480";

/** Beside each text file its compressed form, once and for good: the console's server hands them out as they lie. */
function compressed(): Plugin {
  return {
    name: "compressed",
    apply: "build",
    writeBundle: ({ dir }) => {
      if (dir === undefined) return;
      for (const name of readdirSync(dir, { recursive: true, encoding: "utf8" })) {
        if (!/\.(js|css|html|svg)$/.test(name)) continue;
        const bytes = readFileSync(join(dir, name));
        writeFileSync(join(dir, `${name}.gz`), gzipSync(bytes, { level: 9 }));
        writeFileSync(join(dir, `${name}.br`), brotliCompressSync(bytes));
      }
    },
  };
}

export default defineConfig({
  plugins: [react(), compressed()],
  resolve: { alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) } },
  server: { proxy: { "/api": { target: CONSOLE } } },
  build: {
    outDir: "../static",
    emptyOutDir: true,
    // Fonts and icons stay files of their own: the content security policy lets no data: font in.
    assetsInlineLimit: 0,
    target: ["chrome123", "firefox121", "safari17.5"],
    manifest: true,
    reportCompressedSize: false,
    // A test holds the first load to 400 kB compressed.
    chunkSizeWarningLimit: 800,
  },
  test: { environment: "happy-dom", include: ["src/**/*.test.{ts,tsx}"], setupFiles: ["src/test/setup.ts"] },
});
