/** The installed package works in browsers: without a bundler, by Vite and by esbuild, inlined and slim, and under a page's policy. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as esbuild from "esbuild";
import type { Browser } from "playwright";
import { build } from "vite";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findChromium } from "../../scripts/lib/chromium.mjs";
import { body, expected, imports } from "./program.js";
import { folder, output, resultOf, serving, startChromium, write } from "./support.js";

const program = `${imports}${body}globalThis.result = result;\n`;
const importMap = JSON.stringify({
  imports: {
    holdall: "/node_modules/holdall/dist/index.js",
    "holdall/slim": "/node_modules/holdall/dist/slim.js",
    "holdall/pepr": "/node_modules/holdall/dist/pepr/index.js",
    "holdall/datastore": "/node_modules/holdall/dist/datastore/index.js",
    "holdall/workflow": "/node_modules/holdall/dist/workflow/index.js",
    "holdall/testing": "/node_modules/holdall/dist/testing/index.js",
  },
});
const page = (script: string) => `<!doctype html><title>consumer</title><link rel="icon" href="data:,">${script}`;
const withImportMap = (source: string) => page(`<script type="importmap">${importMap}</script><script type="module">${source}</script>`);

/** How many copies of the engine are among files: the wasm itself, or the text that stands for it. */
function enginesIn(files: readonly string[]): number {
  const text = readFileSync(join(folder, "node_modules/holdall/dist/inlined.js"), "utf8");
  const piece = /"([^"]{2000})/.exec(text)?.[1];
  if (piece === undefined) throw new Error("dist/inlined.js does not look as expected");
  return files.reduce((sum, file) => sum + (file.endsWith(".wasm") ? 1 : 0) + readFileSync(file, "utf8").split(piece).length - 1, 0);
}
const filesIn = (path: string): string[] =>
  readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));

test("esbuild: a bundle for Node, as ES module and as CommonJS, runs where nothing is installed", async () => {
  const entry = write("esm/bundle-for-node.js", `${imports}${body}console.log(result);\n`);
  for (const [format, file] of [
    ["esm", "alone/bundle.mjs"],
    ["cjs", "alone/bundle.cjs"],
  ] as const) {
    const outfile = join(folder, file);
    await esbuild.build({ entryPoints: [entry], bundle: true, format, platform: "node", minify: true, outfile, logLevel: "silent" });
    expect(JSON.parse(await output(process.execPath, [outfile]))).toEqual(expected);
    expect(enginesIn([outfile])).toBe(1);
  }
});

describe.skipIf(!findChromium())("in Chromium", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await startChromium();
  });
  afterAll(() => browser?.close());

  test("a plain module script, and one copy of the engine on the wire", async () => {
    write("plain.html", withImportMap(program));
    const asked = await serving(".", async (address) => {
      expect(await resultOf(browser, `${address}plain.html`)).toEqual(expected);
    });
    expect(enginesIn(asked.filter((path) => path.startsWith("/node_modules")).map((path) => join(folder, path)))).toBe(1);
  });

  test("the slim entry with fetch, and no other copy of the engine on the wire", async () => {
    const source = `import { createStore, load } from "holdall/slim";
await load(fetch("/node_modules/holdall/dist/holdall_bg.wasm"));
const store = createStore();
store.set("key", [1, new Date(5)]);
globalThis.result = JSON.stringify(store.get("key"));`;
    write("slim.html", withImportMap(source));
    const asked = await serving(".", async (address) => {
      expect(await resultOf(browser, `${address}slim.html`)).toEqual([1, new Date(5).toJSON()]);
    });
    expect(asked.filter((path) => path.endsWith(".wasm"))).toHaveLength(1);
    expect(asked.filter((path) => path.includes("inlined"))).toEqual([]);
  });

  test("Vite: a production build, without a second copy of the engine", async () => {
    write("vite/index.html", page(`<script type="module" src="./main.js"></script>`));
    write("vite/main.js", program);
    await build({ root: join(folder, "vite"), logLevel: "silent", configFile: false, build: { outDir: "dist", target: "es2022" } });
    await serving("vite/dist", async (address) => expect(await resultOf(browser, address)).toEqual(expected));
    expect(enginesIn(filesIn(join(folder, "vite/dist")))).toBe(1);
  });

  test("esbuild: a classic script, without a second copy of the engine", async () => {
    const entry = write("esbuild/main.js", program);
    const outfile = join(folder, "esbuild/dist/main.js");
    await esbuild.build({ entryPoints: [entry], bundle: true, format: "iife", minify: true, outfile, logLevel: "silent" });
    write("esbuild/dist/index.html", page(`<script src="main.js"></script>`));
    await serving("esbuild/dist", async (address) => expect(await resultOf(browser, address)).toEqual(expected));
    expect(enginesIn(filesIn(join(folder, "esbuild/dist")))).toBe(1);
  });

  test("a page's policy decides: ENGINE_UNAVAILABLE without 'wasm-unsafe-eval', a store with it", async () => {
    const source = `import { createStore } from "holdall";
try {
  createStore().set("key", 1);
  globalThis.result = JSON.stringify("a store");
} catch (error) {
  globalThis.result = JSON.stringify(error.code);
}`;
    write("policy.html", withImportMap(source));
    for (const [allowed, answer] of [
      ["", "ENGINE_UNAVAILABLE"],
      [" 'wasm-unsafe-eval'", "a store"],
    ] as const) {
      const policy = { "content-security-policy": `script-src 'self' 'unsafe-inline'${allowed}` };
      await serving(".", async (address) => expect(await resultOf(browser, `${address}policy.html`)).toBe(answer), policy);
    }
  });
});
