// @ts-check
/** Owns the serving of the page: plain files, on the loopback only: this folder, the package as it is built, and idb. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const { values } = parseArgs({ options: { port: { type: "string", default: "8017" } } });
const root = new URL("../../", import.meta.url);
const types = /** @type {Record<string, string>} */ ({
  ".html": "text/html; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".mjs": "text/javascript; charset=utf-8",
  ".json": "application/json",
});

/** The import map is the one script that stands in the page itself: it is allowed by its digest. */
const [, importMap = ""] =
  /<script type="importmap">(.*?)<\/script>/s.exec(readFileSync(new URL("index.html", import.meta.url), "utf8")) ?? [];
const digest = createHash("sha256").update(importMap).digest("base64");
const policy = `default-src 'self'; img-src 'self' data:; script-src 'self' 'wasm-unsafe-eval' 'sha256-${digest}'`;

/**
 * The file behind a path, or `undefined` for one that is not served.
 *
 * @param {string} path
 */
function fileOf(path) {
  if (path === "/") return new URL("index.html", import.meta.url);
  if (/^\/[\w-]+\.(?:mjs|css|json)$/.test(path)) return new URL(`.${path}`, import.meta.url);
  return /^\/(?:dist|node_modules\/idb)\/[\w./-]+\.js$/.test(path) && !path.includes("..") ? new URL(`.${path}`, root) : undefined;
}

const server = createServer((request, response) => {
  const file = fileOf(new URL(request.url ?? "/", "http://localhost").pathname);
  try {
    if (!file) throw new Error("not served");
    const bytes = readFileSync(file);
    response.writeHead(200, {
      "content-type": types[extname(fileURLToPath(file))] ?? "text/plain",
      "content-security-policy": policy,
      "cache-control": "no-cache",
    });
    response.end(bytes);
  } catch {
    response.writeHead(404, { "content-type": "text/plain" }).end("There is no such file.\n");
  }
});
server.on("error", (error) => {
  console.error(`${error.message}\nAnother port: npm run example:browser -- --port 0`);
  process.exitCode = 1;
});
server.listen(Number(values.port), "127.0.0.1", () => {
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  console.log(`http://127.0.0.1:${port}/  (Ctrl-C ends it)`);
});
