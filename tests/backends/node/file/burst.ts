/**
 * A process with a store that writes pairs of entries for ever, up to 32 at a time on their way, and prints a line for each that was acknowledged:
 * `burst.ts <folder> <first>`.
 *
 * @module
 */
import { file } from "../../../../ts/backends/file/index.js";
import { openStore } from "../../../../ts/index.js";

const [path = "", first = "0"] = process.argv.slice(2);
const store = await openStore({ backend: file({ path }), name: "s" });
const underway = new Set<Promise<void>>();
for (let at = Number(first); ; at++) {
  const text = `${at}:${"x".repeat((at * 37) % 900)}`;
  store.setMany([
    [`left:${at % 50}`, text],
    [`right:${at % 50}`, text],
  ]);
  const written = store.acknowledged().then(() => {
    process.stdout.write(`${at}\n`);
    underway.delete(written);
  });
  underway.add(written);
  if (underway.size >= 32) await Promise.race(underway);
}
