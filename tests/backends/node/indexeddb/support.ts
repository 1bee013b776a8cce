/**
 * Browsers of their own for the tests of the IndexedDB backend: a Chromium with a profile that outlives it, and a page with the backend.
 *
 * @module
 */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright";
import { chromiumFlags, findChromium } from "../../../../scripts/lib/chromium.mjs";

/** The Chromium to test in, where there is one. */
export const executable = findChromium();

/** A site with the page of the tests, on a free port. */
export async function startSite(): Promise<{ readonly origin: string; close(): Promise<void> }> {
  const { outputFiles } = await build({
    entryPoints: [join(import.meta.dirname, "page.ts")],
    bundle: true,
    format: "esm",
    platform: "browser",
    write: false,
  });
  const script = outputFiles[0]?.text ?? "";
  const server: Server = createServer((request, response) => {
    const isScript = request.url === "/page.js";
    response.setHeader("content-type", isScript ? "text/javascript" : "text/html");
    response.end(isScript ? script : '<!doctype html><script type="module" src="/page.js"></script>');
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

/** A folder for a profile, to be removed by who asked for it. */
export function newProfile(): { readonly path: string; remove(): Promise<void> } {
  const path = mkdtempSync(join(tmpdir(), "holdall-profile-"));
  // A browser that was killed may still be about to write.
  return { path, remove: () => rm(path, { recursive: true, force: true, maxRetries: 50, retryDelay: 100 }) };
}

/** A browser, and its process. */
export interface RunningBrowser {
  /** A page of the site. */
  readonly page: Page;
  /** Ends all of the browser at once, or in good order. */
  end(signal: "SIGKILL" | "SIGTERM"): Promise<void>;
}

/** What a page without pictures needs none of: it costs half of the time that a browser takes to start. */
const bare = [
  "--disable-gpu",
  "--disable-software-rasterizer",
  "--disable-extensions",
  "--disable-default-apps",
  "--no-default-browser-check",
];

/** Starts a browser with a profile, and opens the page of a site. */
export async function startBrowser(profile: string, origin: string): Promise<RunningBrowser> {
  const flags = [...chromiumFlags, ...bare, "--headless=new", "--remote-debugging-port=0", `--user-data-dir=${profile}`, "--no-first-run"];
  // A group of its own, so that none of its processes is left behind.
  const child = spawn(executable ?? "chromium", [...flags, "about:blank"], { stdio: ["ignore", "ignore", "pipe"], detached: true });
  const browser: Browser = await chromium.connectOverCDP(await endpointOf(child));
  const page = await (await profileOf(browser)).newPage();
  await page.goto(origin);
  await page.waitForFunction(() => "page" in globalThis);
  return {
    page,
    async end(signal) {
      const ended = new Promise((resolve) => child.on("exit", resolve));
      process.kill(-(child.pid ?? 0), signal);
      await ended;
      await browser.close().catch(() => {});
    },
  };
}

/** The context that keeps what its pages store in the profile; others keep it in memory, and a busy browser may tell of this one late. */
async function profileOf(browser: Browser): Promise<BrowserContext> {
  for (let tries = 0; tries < 200; tries++) {
    const [context] = browser.contexts();
    if (context) return context;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error("Chromium does not tell of the context of its profile");
}

/** Where a browser listens, which it says when it does. */
function endpointOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let output = "";
    child.stderr?.on("data", (data: Buffer) => {
      output += data;
      const found = /DevTools listening on (\S+)/.exec(output);
      if (found?.[1]) resolve(found[1]);
    });
    child.on("exit", (code) => reject(new Error(`Chromium ended with ${code}: ${output}`)));
  });
}
