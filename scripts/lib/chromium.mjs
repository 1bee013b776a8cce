/**
 * The Chromium that tests run in: found, installed where that is allowed, and how it is started.
 *
 * @module
 */
import { existsSync } from "node:fs";
import { installByApt, mayInstall } from "./apt.mjs";
import { findOnPath, say } from "./run.mjs";

/** Headless in containers, and without calls home. */
export const chromiumFlags = [
  "--no-sandbox",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--disable-quic",
];

/** A Chromium to test in: `HOLDALL_CHROMIUM`, else the first of the usual names on PATH. */
export function findChromium() {
  const named = process.env.HOLDALL_CHROMIUM;
  if (named) return existsSync(named) ? named : undefined;
  return ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"].map((name) => findOnPath(name)).find(Boolean);
}

/** As `findChromium`, after installing Debian's where that is allowed. */
export async function ensureChromium() {
  if (findChromium()) return say("Chromium: there");
  if (mayInstall()) {
    say("Chromium: installing it by apt");
    await installByApt("chromium");
    if (findChromium()) return;
  }
  say("Chromium: missing. Install it (`apt-get install chromium`, say) or name one by HOLDALL_CHROMIUM; browser tests cannot run without.");
}
