/** The installed package works in Node: as ES module and CommonJS, alone and together, in every version that is supported. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { body, expected, imports, requires } from "./program.js";
import { folder, output, write } from "./support.js";

const runtimes = [
  ["this Node", process.execPath],
  ...["20", "22", "24"].map((major) => [`Node ${major}`, join(folder, "node_modules", `node${major}`, "bin", "node")] as const),
] as const;

describe.each(runtimes)("%s", (_name, node) => {
  const there = test.skipIf(!existsSync(node));

  there("runs an ES module", async () => {
    write("esm/program.js", `${imports}${body}console.log(result);\n`);
    expect(JSON.parse(await output(node, ["program.js"], "esm"))).toEqual(expected);
  });

  there("runs a CommonJS module", async () => {
    write("cjs/program.js", `${requires}${body}console.log(result);\n`);
    expect(JSON.parse(await output(node, ["program.js"], "cjs"))).toEqual(expected);
  });

  there("gives ES and CommonJS modules of one process the same package", async () => {
    write(
      "esm/both.js",
      `import { createRequire } from "node:module";
const require = createRequire(import.meta.url);
const same = [];
const backends = ["memory", "file", "indexeddb"].map((name) => "holdall/backends/" + name);
for (const path of ["holdall", "holdall/pepr", "holdall/datastore", "holdall/workflow", "holdall/slim", "holdall/testing", "holdall/backends", ...backends]) {
  const imported = await import(path);
  const required = require(path);
  same.push(Object.keys(imported).every((name) => imported[name] === required[name]) && Object.keys(imported).length > 0);
}
console.log(JSON.stringify(same));
`,
    );
    expect(JSON.parse(await output(node, ["both.js"], "esm"))).toEqual(Array.from({ length: 10 }, () => true));
  });

  there("says which client a backend lacks, by a code, when the first store is opened", async () => {
    write(
      "esm/lacking.js",
      `import { file } from "holdall/backends/file";
import { indexedDb } from "holdall/backends/indexeddb";
import { peprStore } from "holdall/pepr/kubernetes";
const errors = [];
const note = ({ code, message }) => errors.push([code, message.match(/npm install .*/)?.[0]]);
for (const backend of [file({ path: "stores" }), indexedDb({ database: "stores" })]) {
  await backend.open({ name: "s", scope: "", replica: "r" }).catch(note);
}
await peprStore({ uuid: "u", capability: "c", onError: () => {} }).ready().catch(note);
console.log(JSON.stringify(errors));
`,
    );
    expect(JSON.parse(await output(node, ["lacking.js"], "esm"))).toEqual([
      ["CLIENT_MISSING", "npm install lmdb"],
      ["CLIENT_MISSING", "npm install idb"],
      ["CLIENT_MISSING", "npm install @kubernetes/client-node"],
    ]);
  });

  there("loads the slim entry from the wasm file, and shares the engine with the default entry", async () => {
    write(
      "esm/slim.js",
      `import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { createStore, load } from "holdall/slim";
const codes = [];
try { createStore(); } catch (error) { codes.push(error.code); }
await load(await readFile(fileURLToPath(import.meta.resolve("holdall/wasm"))));
const store = createStore();
store.set("key", "value");
const { createStore: createDefaultStore } = await import("holdall");
const original = WebAssembly.Module;
WebAssembly.Module = class { constructor() { throw new Error("a second engine was compiled"); } };
const other = createDefaultStore();
WebAssembly.Module = original;
other.set("key", 2);
console.log(JSON.stringify([codes, store.get("key"), other.get("key")]));
`,
    );
    expect(JSON.parse(await output(node, ["slim.js"], "esm"))).toEqual([["ENGINE_UNAVAILABLE"], "value", 2]);
  });

  there("compiles nothing on import, and ends by itself while entries wait to expire", async () => {
    write(
      "esm/idle.js",
      `const original = WebAssembly.Module;
WebAssembly.Module = class { constructor() { throw new Error("compiled on import"); } };
const { createStore } = await import("holdall");
WebAssembly.Module = original;
createStore().set("key", "value", { ttl: "1h" });
console.log("ended");
`,
    );
    expect(await output(node, ["idle.js"], "esm")).toBe("ended");
  });
});
