// @ts-check
/**
 * Owns the name of this tab as a worker. A tab that is reloaded keeps its name, so that what it was at is taken up at once; a tab that was duplicated, name and all,
 * finds the name locked and takes another.
 */

const key = "holdall-example-tab";

/** Gives this tab its name, and holds on to it as long as the tab lives. */
export async function nameTab() {
  for (;;) {
    const name = sessionStorage.getItem(key) ?? `tab-${crypto.randomUUID().slice(0, 4)}`;
    sessionStorage.setItem(key, name);
    if (await lock(`${key}-${name}`)) return name;
    sessionStorage.removeItem(key);
  }
}

/**
 * Takes a lock and keeps it until the tab is gone; `false` when another tab has it.
 *
 * @param {string} name
 * @returns {Promise<boolean>}
 */
function lock(name) {
  return new Promise((resolve) => {
    // A page that is being reloaded gives its lock back a moment later: worth a short wait.
    const signal = AbortSignal.timeout(500);
    const hold = () => {
      resolve(true);
      return new Promise(() => {});
    };
    navigator.locks.request(name, { signal }, hold).catch(() => resolve(false));
  });
}
