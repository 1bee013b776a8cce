/**
 * Stores in a browser's database: what a commit costs beside the library idb used directly, both with `durability: "strict"`, in a page of a headless Chromium.
 *
 * @module
 */
import { once } from "node:events";
import { createServer } from "node:http";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { chromium } from "playwright";
import { chromiumFlags, findChromium } from "../../scripts/lib/chromium.mjs";
import { Refusal } from "../../scripts/lib/run.mjs";
import { holdall } from "../lib/group.mjs";
import { writerGroups } from "../lib/writers.mjs";

const client = "idb, put";

/** The page's program in one file. */
async function program() {
  const entry = fileURLToPath(new URL("../lib/page.mjs", import.meta.url));
  const bundled = await build({ entryPoints: [entry], bundle: true, format: "esm", write: false, logLevel: "silent" });
  return bundled.outputFiles[0]?.text ?? "";
}

/** A server of the page on the loopback, since a page from a file has no database. */
async function serve() {
  const page = `<!doctype html><title>bench</title><link rel="icon" href="data:,"><script type="module" src="/program.js"></script>`;
  const script = await program();
  const server = createServer((request, response) => {
    const isScript = request.url === "/program.js";
    response.writeHead(200, { "content-type": isScript ? "text/javascript" : "text/html" }).end(isScript ? script : page);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return server;
}

/** @type {readonly import("../lib/group.mjs").Group[]} */
export const indexedDb = writerGroups({
  medium: "indexeddb",
  client,
  async measure(workload, count, rounds) {
    const executablePath = findChromium();
    if (executablePath === undefined) throw new Refusal("There is no Chromium: run `npm run setup -- --test`.");
    const server = await serve();
    const browser = await chromium.launch({ executablePath, args: chromiumFlags });
    try {
      const page = await browser.newPage();
      await page.goto(`http://127.0.0.1:${/** @type {import("node:net").AddressInfo} */ (server.address()).port}/`);
      await page.waitForFunction("globalThis.measure !== undefined");
      const parameters = JSON.stringify([workload, count, rounds, { ours: holdall, client }]);
      return new Map(/** @type {[string, number[]][]} */ (await page.evaluate(`measure(...${parameters})`)));
    } finally {
      await browser.close();
      server.closeAllConnections();
      server.close();
    }
  },
});
