/**
 * `npm run measure:embedding`: how the default entry should carry its wasm. Bundles the real entry with each encoding in turn, and prints
 * its size and the time from the first import to the first value stored, as the median of fresh processes of Node and of fresh
 * pages in Chromium.
 *
 * @module
 */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { brotliCompressSync, deflateRawSync, gzipSync } from "node:zlib";
import { chromiumFlags, findChromium } from "./lib/chromium.mjs";
import { main, must, root, say } from "./lib/run.mjs";
import { build, setUp } from "./lib/steps.mjs";

const rounds = Number(process.env.ROUNDS ?? 31);

/** Turns base64 into bytes, as each variant needs. */
const fromBase64 = `const text = atob(data); const bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at++) bytes[at] = text.charCodeAt(at);`;

/**
 * The ways to carry `wasm`: the source of a module that exports `inlinedEngine()`.
 *
 * @param {Buffer} wasm
 * @returns {Record<string, string>}
 */
function variants(wasm) {
  const plain = JSON.stringify(wasm.toString("base64"));
  const deflated = JSON.stringify(deflateRawSync(wasm, { level: 9, memLevel: 9 }).toString("base64"));
  return {
    "plain base64": `const data = ${plain};
      export function inlinedEngine() { ${fromBase64} return bytes; }`,
    "deflate, fflate": `import { inflateSync } from "fflate"; const data = ${deflated};
      export function inlinedEngine() { ${fromBase64} return inflateSync(bytes, { out: new Uint8Array(${wasm.length}) }); }`,
    "LZMA, base64 (in use)": readFileSync(join(root, "ts", "inlined.ts"), "utf8")
      .replace("../pkg", "./pkg")
      .replace("./packed", "./ts/packed"),
  };
}

/**
 * The default entry with its wasm carried as `source` says, bundled and minified.
 *
 * @param {string} source
 */
async function bundle(source) {
  const esbuild = await import("esbuild");
  const swap = {
    name: "swap-the-wasm",
    setup(/** @type {import("esbuild").PluginBuild} */ builder) {
      builder.onLoad({ filter: /[\\/]ts[\\/]inlined\.ts$/ }, () => ({ contents: source, loader: "ts", resolveDir: root }));
    },
  };
  const { outputFiles } = await esbuild.build({
    stdin: { contents: `export { createStore } from "./ts/index.ts";`, resolveDir: root },
    bundle: true,
    format: "esm",
    minify: true,
    write: false,
    plugins: [swap],
  });
  return Buffer.from(/** @type {import("esbuild").OutputFile} */ (outputFiles[0]).contents);
}

/** What is timed, from import to the first value; leaves the milliseconds in `took`. */
const program = (/** @type {string} */ url) => `const began = performance.now();
const { createStore } = await import(${JSON.stringify(url)});
const imported = performance.now();
createStore().set("key", "value");
const took = [performance.now() - began, performance.now() - imported];`;

/** @param {readonly number[]} values */
const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

await main(async () => {
  await setUp({ forTests: true });
  await build();
  const wasm = readFileSync(join(root, "target", "holdall", "plain", "holdall_bg.wasm"));
  const folder = mkdtempSync(join(tmpdir(), "holdall-embedding-"));
  /** @type {{ name: string, file: string, raw: number, gzipped: number, brotli: number, node: number[][], chromium: number[][] }[]} */
  const rows = [];
  for (const [name, source] of Object.entries(variants(wasm))) {
    const code = await bundle(source);
    const file = `${rows.length}.mjs`;
    writeFileSync(join(folder, file), code);
    writeFileSync(join(folder, `run-${file}`), `${program(`./${file}`)}\nconsole.log(JSON.stringify(took));\n`);
    rows.push({
      name,
      file,
      raw: code.length,
      gzipped: gzipSync(code, { level: 9 }).length,
      brotli: brotliCompressSync(code).length,
      node: [],
      chromium: [],
    });
  }

  const server = createServer((request, response) => {
    const file = request.url?.slice(1) ?? "";
    response.setHeader("content-type", file.endsWith(".mjs") ? "text/javascript" : "text/html");
    response.setHeader("cache-control", "no-store");
    response.end(file.endsWith(".mjs") ? readFileSync(join(folder, file)) : "<!doctype html><title>holdall</title>");
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(undefined)));
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  const { chromium } = await import("playwright");
  const browser = await chromium.launch({ executablePath: findChromium() ?? "chromium", args: chromiumFlags });
  try {
    say(`${rounds} fresh processes and pages for each of ${rows.length} variants, taking turns`);
    for (let round = 0; round < rounds; round++) {
      for (const row of rows) {
        const { output } = await must(process.execPath, [join(folder, `run-${row.file}`)], { capture: true });
        row.node.push(JSON.parse(output));
        const context = await browser.newContext();
        const page = await context.newPage();
        await page.goto(`http://127.0.0.1:${port}/`);
        row.chromium.push(await page.evaluate(`(async () => { ${program(`/${row.file}`)} return took; })()`));
        await context.close();
      }
    }
  } finally {
    await browser.close();
    server.close();
    rmSync(folder, { recursive: true, force: true });
  }

  console.log(
    `\nwasm ${wasm.length} bytes, gzipped ${gzipSync(wasm, { level: 9 }).length}; times in ms: import to first value (of which first store)`,
  );
  console.log(
    [
      "variant".padEnd(24),
      "raw".padStart(9),
      "gzipped".padStart(9),
      "brotli".padStart(9),
      "Node".padStart(16),
      "Chromium".padStart(16),
    ].join(""),
  );
  for (const { name, raw, gzipped, brotli, node, chromium: pages } of rows) {
    const times = [node, pages].map((samples) => {
      const [all, store] = [0, 1].map((part) => median(samples.map((sample) => sample[part] ?? Number.NaN)).toFixed(1));
      return `${all} (${store})`.padStart(16);
    });
    console.log([name.padEnd(24), String(raw).padStart(9), String(gzipped).padStart(9), String(brotli).padStart(9), ...times].join(""));
  }
});
