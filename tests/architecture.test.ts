/** The architecture holds: the sources break none of its rules, and each rule is seen to catch what it is there for. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import * as rules from "./architecture/rules.js";

const root = fileURLToPath(new URL("..", import.meta.url));

/** The files that people write, under the folders given. */
function sourcesIn(...folders: string[]): rules.Source[] {
  return folders
    .filter((folder) => existsSync(join(root, folder)))
    .flatMap((folder) => readdirSync(join(root, folder), { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile() && /\.(?:rs|ts|mjs)$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => !file.includes(`${sep}node_modules${sep}`))
    .map((file) => ({ path: relative(root, file).split(sep).join("/"), text: readFileSync(file, "utf8") }));
}

const library = sourcesIn("src", "ts");
const everything = [...library, ...sourcesIn("tests", "examples", "benches", "scripts", "fuzz/targets")];

/** Each rule, what it looks at, and sources that it must catch. */
const cases: readonly [string, rules.Rule, readonly rules.Source[], readonly rules.Source[]][] = [
  [
    "only src/wasm names the bindings to JavaScript",
    rules.onlyTheBoundaryKnowsJavaScript,
    library,
    [
      { path: "src/commit.rs", text: "use wasm_bindgen::prelude::*;" },
      { path: "src/store.rs", text: "fn now() -> f64 { js_sys::Date::now() }" },
    ],
  ],
  [
    "the engine reads no clock and does no I/O",
    rules.theEngineIsPure,
    library,
    [
      { path: "src/expiry.rs", text: "use std::time::SystemTime;" },
      { path: "src/state/page.rs", text: 'fn load() { std::fs::read("x"); }' },
      { path: "src/wasm/store.rs", text: 'println!("here");' },
    ],
  ],
  [
    "imports point downwards",
    rules.importsPointDownwards,
    library,
    [
      { path: "ts/errors.ts", text: 'import type { Value } from "./store/types/index.js";' },
      { path: "ts/store/types/index.ts", text: 'export * from "../../errors.js";' },
      { path: "ts/store/values/encode.ts", text: 'import { startEngine } from "../../engine.js";' },
      { path: "ts/store/view.ts", text: 'import { get } from "../../pkg/holdall.js";' },
      { path: "ts/store/memo.ts", text: 'import { readFileSync } from "node:fs";' },
      { path: "ts/store/hub.ts", text: 'import mitt from "mitt";' },
      { path: "ts/engine.ts", text: 'import { wasmText } from "../pkg/inlined.js";' },
      { path: "ts/slim.ts", text: 'import { inlinedEngine } from "./inlined.js";' },
      { path: "ts/backends/local/ledger.ts", text: 'import { open } from "lmdb";' },
      { path: "ts/backends/index.ts", text: 'export { MemoryMedium } from "./memory/medium.js";' },
      { path: "ts/backends/redis/backend.ts", text: 'import { Openings } from "../index.js";' },
      { path: "ts/backends/memory/medium.ts", text: 'import { openDB } from "idb";' },
      { path: "ts/backends/file/medium.ts", text: 'import { statSync } from "node:fs";' },
      { path: "ts/backends/file/shelf.ts", text: 'import { MemoryMedium } from "../memory/medium.js";' },
      { path: "ts/backends/indexeddb/medium.ts", text: 'import { Store } from "../../store/store.js";' },
      { path: "ts/pepr/store.ts", text: 'import { createStore } from "../index.js";' },
      { path: "ts/workflow/runner.ts", text: 'import { createStore } from "../index.js";' },
      { path: "ts/workflow/plan.ts", text: 'import { coreOf } from "../store/view.js";' },
      { path: "ts/faces/callbacks.ts", text: 'import { Timer } from "../workflow/timer.js";' },
      { path: "ts/pepr/strict.ts", text: 'const core = await import("../store/core.js");' },
      { path: "ts/testing/index.ts", text: 'export { View } from "../store/view.js";' },
      { path: "ts/somewhere/else.ts", text: "" },
    ],
  ],
  [
    "exports have names",
    rules.exportsHaveNames,
    library,
    [
      { path: "ts/index.ts", text: "export default function createStore() {}" },
      { path: "ts/api.ts", text: "const store = 1;\nexport { store as default };" },
    ],
  ],
  [
    "every export is documented, in inner files too",
    rules.exportsAreDocumented,
    library,
    [
      { path: "ts/store/memo.ts", text: "/** The memo. */\nexport class Memo {}\nexport const size = 1;" },
      { path: "ts/store/types/index.ts", text: "export interface Options {}" },
      { path: "ts/store/view.ts", text: "// Not a doc comment.\nexport function view() {}" },
    ],
  ],
  [
    "every file says what it owns",
    rules.filesSayWhatTheyOwn,
    everything,
    [
      { path: "src/key.rs", text: "use crate::error::Error;" },
      { path: "ts/errors.ts", text: "export type ErrorCode = string;" },
      { path: "scripts/test.mjs", text: "await main();" },
    ],
  ],
  ["no file is longer than 450 lines", rules.filesAreShort, everything, [{ path: "src/store.rs", text: "\n".repeat(451) }]],
];

describe.each(cases)("%s", (_name, rule, sources, violations) => {
  test("in the sources", () => {
    expect(sources.length).toBeGreaterThan(20);
    expect(rule(sources)).toEqual([]);
  });

  test.each(violations)("and a violation in $path is caught", (violation) => {
    const others = sources.filter(({ path }) => path !== violation.path);
    expect(rule([...others, violation]).filter((line) => line.startsWith(violation.path))).not.toEqual([]);
  });
});

describe("imports have no cycles", () => {
  test("in the sources", () => {
    expect(rules.importsHaveNoCycles(library)).toEqual([]);
  });

  test("and a cycle of three files is caught", () => {
    const cycle = ["a", "b", "c"].map((name, at, names) => ({
      path: `ts/store/${name}.ts`,
      text: `import type { X } from "./${names[(at + 1) % names.length]}.js";`,
    }));
    expect(rules.importsHaveNoCycles(cycle)).toEqual(["ts/store/a.ts → ts/store/b.ts → ts/store/c.ts → ts/store/a.ts"]);
  });
});
