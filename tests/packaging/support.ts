/**
 * What the packaging tests share: writing into a consumer's folder, running it, serving it on the loopback, and a Chromium to open it in.
 *
 * @module
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { dirname, extname, join, normalize } from "node:path";
import { type Browser, chromium, type Page } from "playwright";
import { inject } from "vitest";
import { chromiumFlags, findChromium } from "../../scripts/lib/chromium.mjs";
import { run } from "../../scripts/lib/run.mjs";

/** The project that has the package installed. */
export const { folder, packed, packedBytes } = inject("consumers");

/** Writes a file below that project and returns its full path. */
export function write(path: string, text: string): string {
  const file = join(folder, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  return file;
}

/** Runs a program in a consumer's folder; its output when it ends well, else throws with it. */
export async function output(program: string, parameters: readonly string[], within = "."): Promise<string> {
  const result = await run(program, parameters, { capture: true, cwd: join(folder, within) });
  if (result.code !== 0) throw new Error(`${program} ${parameters.join(" ")} ended with ${result.code}:\n${result.output}`);
  return result.output.trim();
}

const types: Record<string, string> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".mjs": "text/javascript",
  ".json": "application/json",
  ".wasm": "application/wasm",
};

/** Serves a folder below the project on the loopback while `body` runs, and tells it the address. Returns the paths that were asked for. */
export async function serving(
  within: string,
  body: (address: string) => Promise<void>,
  headers: Record<string, string> = {},
): Promise<string[]> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const path = normalize(new URL(request.url ?? "/", "http://localhost").pathname);
    const file = path.endsWith("/") ? `${path}index.html` : path;
    asked.push(path);
    try {
      const bytes = readFileSync(join(folder, within, file));
      response.writeHead(200, { "content-type": types[extname(file)] ?? "application/octet-stream", ...headers }).end(bytes);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    await body(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
  return asked;
}

/** Starts the Chromium that the set-up found. */
export function startChromium(): Promise<Browser> {
  return chromium.launch({ executablePath: findChromium() ?? "chromium", args: chromiumFlags });
}

/** What a page leaves in `globalThis.result`; throws what the page throws. */
export async function resultOf(browser: Browser, address: string): Promise<unknown> {
  const page: Page = await browser.newPage();
  const problems: string[] = [];
  page.on("pageerror", (error) => problems.push(String(error)));
  page.on("console", (message) => message.type() === "error" && problems.push(message.text()));
  try {
    await page.goto(address, { waitUntil: "load" });
    await page.waitForFunction("globalThis.result !== undefined", undefined, { timeout: 60_000 });
    return JSON.parse(await page.evaluate("globalThis.result"));
  } catch (error) {
    throw new Error(`${address}: ${error}\n${problems.join("\n")}`);
  } finally {
    await page.close();
  }
}
