import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

// The console process that `npm run dev` hands /api on to.
const CONSOLE = process.env["LINEWATCH_CONSOLE_URL"] ?? "http://127.0.0.1:8480";

export default defineConfig({
  plugins: [react()],
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
