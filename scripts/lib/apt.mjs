/**
 * Installing Debian's packages for tests, where that is allowed.
 *
 * @module
 */
import { findOnPath, run } from "./run.mjs";

/** Whether packages may be installed: as root, on a system with apt. */
export function mayInstall() {
  return process.getuid?.() === 0 && findOnPath("apt-get") !== undefined;
}

/**
 * Installs a package by apt, and refreshes apt's lists only when that fails. Says nothing of success: look for what was to be installed.
 *
 * @param {string} name
 */
export async function installByApt(name) {
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const install = () => run("apt-get", ["install", "-y", "-qq", "--no-install-recommends", name], { env, capture: true });
  if ((await install()).code === 0) return;
  await run("apt-get", ["update", "-qq"], { env, capture: true });
  await install();
}
