/** The tarball holds what users need and nothing else. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { folder, packed, packedBytes } from "./support.js";

const installed = join(folder, "node_modules", "holdall");
const manifest = JSON.parse(readFileSync(join(installed, "package.json"), "utf8"));

/** Every path that the exports map leads to. */
function targets(exported: unknown): string[] {
  if (typeof exported === "string") return [exported.replace(/^\.\//, "")];
  return Object.values(exported as object).flatMap(targets);
}

test("the tarball holds code, its types, the wasm, and the papers", () => {
  const papers = ["CHANGELOG.md", "LICENSE", "README.md", "package.json"];
  expect(packed.filter((path) => !path.startsWith("dist/"))).toEqual(papers);
  const manifests = ["dist/kubernetes/crd.yaml", "dist/kubernetes/pepr-rbac.yaml", "dist/kubernetes/rbac.yaml"];
  const inDist = packed.filter((path) => path.startsWith("dist/") && !manifests.includes(path));
  expect(packed).toEqual(expect.arrayContaining(manifests));
  expect(inDist.filter((path) => !/\.(?:js|cjs|d\.ts|d\.cts|wasm)$/.test(path))).toEqual([]);
  expect(inDist.filter((path) => path.endsWith(".wasm"))).toEqual(["dist/holdall_bg.wasm"]);
  // Of which most is the two engines as text, in both formats.
  expect(packedBytes).toBeLessThan(1_050_000);
});

test("every file in dist is reached from the exports map", () => {
  const reached = new Set<string>();
  const visit = (path: string) => {
    if (reached.has(path)) return;
    reached.add(path);
    if (!/\.[cm]?[jt]s$/.test(path)) return;
    const text = readFileSync(join(installed, path), "utf8");
    for (const [, specifier = ""] of text.matchAll(/(?:from |import |require\(|import\()"(\.{1,2}\/[^"]+)"/g)) {
      const target = join(path, "..", specifier);
      visit(/\.d\.c?ts$/.test(path) ? target.replace(/\.(c?)js$/, ".d.$1ts") : target);
    }
  };
  for (const path of targets(manifest.exports)) visit(path);
  expect(packed.filter((path) => path.startsWith("dist/") && !reached.has(path))).toEqual([]);
  expect([...reached].filter((path) => !packed.includes(path))).toEqual([]);
});

test("nothing in the code makes a bundler emit files, names a Node built-in, or runs on import", () => {
  for (const path of packed.filter((path) => /\.c?js$/.test(path))) {
    const text = readFileSync(join(installed, path), "utf8").replace(/\/\*\*[\s\S]*?\*\//g, "");
    expect(text, path).not.toContain("import.meta");
    expect(text, path).not.toContain("new URL(");
    // These are for Node alone.
    if (!/^dist\/backends\/(?:file|kubernetes)\//.test(path)) expect(text, path).not.toMatch(/["']node:/);
  }
  expect(manifest.sideEffects).toBe(false);
  expect(manifest.dependencies).toBeUndefined();
});

/** The files that a module loads when it is imported, itself included. */
function loadedBy(entry: string): string[] {
  const seen = new Set<string>();
  const visit = (path: string) => {
    if (seen.has(path)) return;
    seen.add(path);
    const text = readFileSync(join(installed, path), "utf8");
    for (const [, specifier = ""] of text.matchAll(/(?:from |import )"(\.{1,2}\/[^"]+)"/g)) visit(join(path, "..", specifier));
  };
  visit(entry);
  return [...seen];
}

test("the slim entry does not reach the inlined engine", () => {
  const loaded = loadedBy("dist/slim.js");
  expect(loaded).toContain("dist/store.js");
  expect(loaded.filter((path) => path.includes("inlined"))).toEqual([]);
});

test("what a backend is made of comes without the engine and the store", () => {
  const files = ["dist/backends/index.js", "dist/backends/local.js", "dist/backends/shared.js", "dist/errors.js"];
  expect(loadedBy("dist/backends/index.js").sort()).toEqual(files);
});

test("no trace of the machine that built it", () => {
  const visit = (path: string): string[] =>
    readdirSync(path, { withFileTypes: true }).flatMap((entry) => {
      const file = join(path, entry.name);
      if (entry.isDirectory()) return visit(file);
      return /\/(?:home|root|work|Users)\/\w/.test(readFileSync(file, "latin1")) ? [file] : [];
    });
  expect(visit(installed)).toEqual([]);
});
