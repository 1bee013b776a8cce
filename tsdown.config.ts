/**
 * How `dist/` is made: one module graph per format, so that all subpaths share one engine; the wasm file and the manifests for Kubernetes beside it.
 *
 * @module
 */
import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { defineConfig, type UserConfig } from "tsdown";

/** Shared code by what it is, so that a reader of `dist/` finds things and no entry pulls in what it does not use. Declarations stay apart. */
const groups = [
  { name: "inlined", test: /[\\/]pkg[\\/]inlined\.js$|[\\/]ts[\\/](?:inlined|lzma)\.ts$/ },
  { name: "errors", test: /[\\/]ts[\\/]errors\.ts$/ },
  { name: "clock", test: /[\\/]ts[\\/]clock\.ts$/ },
  { name: "clients/ioredis", test: /[\\/]ts[\\/]clients[\\/](?:ioredis|cause)\.ts$/ },
  // How queues are called: all that workflow needs of the DataStore.
  { name: "datastore/names", test: /[\\/]ts[\\/]datastore[\\/](?:names|arguments)\.ts$/ },
  // What the DataStore shares with the store, so that it loads nothing else of that.
  { name: "values", test: /[\\/]ts[\\/]store[\\/]values[\\/](?:foreign|path|wellformed)\.ts$/ },
  { name: "datastore/datastore", test: /[\\/]ts[\\/]datastore[\\/](?!index\.)(?:\w+[\\/])?\w+\.ts$/ },
  { name: "faces", test: /[\\/]ts[\\/]faces[\\/]\w+\.ts$/ },
  { name: "backends/shared", test: /[\\/]ts[\\/]backends[\\/](?!index\.)(?:\w+|local[\\/]formats)\.ts$/ },
  { name: "backends/local", test: /[\\/]ts[\\/]backends[\\/]local[\\/](?!formats\.)\w+\.ts$/ },
  { name: "backends/redis/backend", test: /[\\/]ts[\\/]backends[\\/]redis[\\/](?!index\.)(?:\w+[\\/])?\w+\.ts$/ },
  { name: "pepr/store", test: /[\\/]ts[\\/]pepr[\\/](?!index\.|workerd\.|kubernetes\.|opening\.)\w+\.ts$/ },
  { name: "store", test: /[\\/]pkg[\\/]holdall\.js$|[\\/]ts[\\/](?:engine|api)\.ts$|[\\/]ts[\\/]store[\\/](?:\w+[\\/])?[\w-]+\.ts$/ },
  // Behind the store, or it would take in what that is made of.
  { name: "backends/kubernetes/backend", test: /[\\/]ts[\\/]backends[\\/]kubernetes[\\/](?!index\.)(?:\w+[\\/])?[\w-]+\.ts$/ },
];

const common = {
  outDir: "dist",
  platform: "neutral",
  target: "es2022",
  tsconfig: "tsconfig.library.json",
  sourcemap: false,
  hash: false,
  logLevel: "warn",
  outputOptions: { codeSplitting: { groups } },
  inputOptions: { checks: { pluginTimings: false }, optimization: { inlineConst: false } },
  // Stores are disposable, in projects too whose `lib` has not heard of that.
  banner: { dts: '/// <reference lib="esnext.disposable" />' },
  plugins: [
    { name: "node-built-ins", resolveId: (id: string) => (id.startsWith("node:") ? { id, external: true } : null) },
    {
      // workerd turns this import into a WebAssembly.Module; only its entries, at the root of dist/, have it.
      name: "wasm-beside-the-entry",
      resolveId: (id: string) => (id.endsWith(".wasm") ? { id: "./holdall_bg.wasm", external: true } : null),
    },
  ],
} satisfies UserConfig;

const entry = {
  index: "ts/index.ts",
  slim: "ts/slim.ts",
  "pepr/index": "ts/pepr/index.ts",
  "pepr/kubernetes": "ts/pepr/kubernetes.ts",
  "datastore/index": "ts/datastore/index.ts",
  "workflow/index": "ts/workflow/index.ts",
  "backends/index": "ts/backends/index.ts",
  "backends/memory/index": "ts/backends/memory/index.ts",
  "backends/file/index": "ts/backends/file/index.ts",
  "backends/indexeddb/index": "ts/backends/indexeddb/index.ts",
  "backends/redis/index": "ts/backends/redis/index.ts",
  "testing/index": "ts/testing/index.ts",
  "backends/kubernetes/index": "ts/backends/kubernetes/index.ts",
};
const workerd = { workerd: "ts/workerd.ts", "pepr/workerd": "ts/pepr/workerd.ts" };

/** What `kubectl apply -f` wants as files, as the code that was just built has it. */
function writeManifests(): void {
  const { peprRole, storeDefinition, storeRole } = createRequire(import.meta.url)("./dist/backends/kubernetes/index.cjs");
  mkdirSync("dist/kubernetes", { recursive: true });
  writeFileSync("dist/kubernetes/crd.yaml", storeDefinition);
  writeFileSync("dist/kubernetes/rbac.yaml", storeRole);
  writeFileSync("dist/kubernetes/pepr-rbac.yaml", peprRole);
}

export default defineConfig([
  { ...common, entry: { ...entry, ...workerd }, format: "esm", clean: true, dts: true },
  {
    ...common,
    entry,
    format: "cjs",
    clean: false,
    dts: true,
    hooks: {
      "build:done": () => {
        copyFileSync("pkg/holdall_bg.wasm", "dist/holdall_bg.wasm");
        writeManifests();
      },
    },
  },
]);
