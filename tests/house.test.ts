/** The house: the engine survives being carried as text, and no failure of a suite is lost on the way to the last line. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { toFactory, toFactoryTypes } from "../scripts/lib/glue.mjs";
import { pack } from "../scripts/lib/inline.mjs";
import { pruneGlue } from "../scripts/lib/prune-glue.mjs";
import { root } from "../scripts/lib/run.mjs";
import { shortNames, withNames } from "../scripts/lib/short-exports.mjs";
import { countRust, countVitest } from "../scripts/lib/suites.mjs";
import { inlinedEngine } from "../ts/inlined.js";
import { inlinedReplicaEngine } from "../ts/inlined-replica.js";
import { unpack } from "../ts/packed.js";

describe("the engine as text", () => {
  test.each([
    ["that can be replicas", "pkg/holdall_bg.wasm", inlinedReplicaEngine],
    ["that are plain", "target/holdall/plain/holdall_bg.wasm", inlinedEngine],
  ])("of stores %s is the wasm file, byte by byte", (_, file, inlined) => {
    const wasm = readFileSync(new URL(`../${file}`, import.meta.url));
    expect(wasm.equals(inlined())).toBe(true);
  });

  test("brings back any bytes", () => {
    const roundTrip = (bytes: Uint8Array) => {
      const text = pack(bytes).toString("base64");
      expect(unpack(text, bytes.length)).toEqual(new Uint8Array(bytes));
    };
    roundTrip(new Uint8Array(0));
    // Every byte; runs, near and far repeats; noise.
    roundTrip(Uint8Array.from({ length: 256 }, (_, at) => at));
    roundTrip(Uint8Array.from({ length: 150_000 }, (_, at) => (at % 1_000 < 300 ? 7 : (at * at) >> (at % 13))));
    const some = fc.oneof(
      fc.uint8Array({ maxLength: 400 }),
      fc.array(fc.constantFrom(0, 1, 2), { maxLength: 400 }).map((bytes) => Uint8Array.from(bytes)),
    );
    fc.assert(
      fc.property(fc.array(some, { maxLength: 8 }), (parts) => roundTrip(Uint8Array.from(parts.flatMap((part) => [...part])))),
      {
        numRuns: 40,
      },
    );
  });
});

describe("counts of suites", () => {
  const two =
    "test result: ok. 5 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.01s\n" +
    "test result: FAILED. 2 passed; 3 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s\n";

  test("Rust: sums over all binaries", () => {
    expect(countRust({ code: 101, output: two })).toEqual({ passed: 7, failed: 3, skipped: 1, failures: [] });
  });

  test("Rust: what failed is named", () => {
    const output = `test a::works ... ok\ntest b::does_not ... FAILED\ntest c::panics - should panic ... FAILED\n${two}`;
    expect(countRust({ code: 101, output }).failures).toEqual(["b::does_not", "c::panics - should panic"]);
  });

  test("Rust: code that does not compile is a failure, and so is a crash after passing tests", () => {
    expect(countRust({ code: 101, output: "error: could not compile" })).toMatchObject({ passed: 0, failed: 1 });
    expect(countRust({ code: 101, output: "test result: ok. 5 passed; 0 failed; 0 ignored" })).toMatchObject({ passed: 5, failed: 1 });
  });

  test("a suite in which nothing ran is a failure", () => {
    expect(countRust({ code: 0, output: "" })).toMatchObject({ failed: 1, note: "no test ran" });
    const none = { numPassedTests: 0, numFailedTests: 0, numPendingTests: 0, numTodoTests: 0, testResults: [] };
    expect(countVitest(none, 0)).toMatchObject({ failed: 1, note: "no test ran" });
  });

  test("vitest: skipped and to-do tests are told, and an error outside the tests is a failure", () => {
    const report = { numPassedTests: 9, numFailedTests: 0, numPendingTests: 2, numTodoTests: 1, testResults: [] };
    expect(countVitest(report, 0)).toEqual({ passed: 9, failed: 0, skipped: 3, failures: [] });
    expect(countVitest(report, 1)).toMatchObject({ passed: 9, failed: 1, skipped: 3 });
  });

  test("vitest: what failed is named, with what it said first, be it a test or a file that could not be loaded", () => {
    const file = join(root, "tests", "a.test.ts");
    const passed = { fullName: "a holds", status: "passed", failureMessages: [] };
    const failed = { fullName: "a holds not", status: "failed", failureMessages: ["Error: 1 is not 2\n    at somewhere"] };
    const testResults = [
      { name: file, status: "failed", message: "", assertionResults: [passed, failed] },
      { name: file, status: "failed", message: "Cannot find module\nat all", assertionResults: [] },
      { name: file, status: "passed", message: "", assertionResults: [passed] },
    ];
    const report = { numPassedTests: 2, numFailedTests: 1, numPendingTests: 0, numTodoTests: 0, testResults };
    expect(countVitest(report, 1).failures).toEqual([
      "tests/a.test.ts › a holds not: Error: 1 is not 2",
      "tests/a.test.ts: Cannot find module",
    ]);
  });
});

describe("the glue as a factory", () => {
  const unknown = expect.objectContaining({ message: expect.stringContaining("scripts/lib/glue.mjs") });
  const starters = `
let wasmModule, wasmInstance, wasm;
function __wbg_finalize_init(instance, module) {
}
async function __wbg_load(module, imports) {
}
function initSync(module) {
}
let __wbg_init_promise;
async function __wbg_init(module_or_path) {
}
async function __wbg_init_once(module_or_path) {
}
export { initSync, __wbg_init as default };
`;
  const body = `export class Box {
    free() { wasm.__wbg_box_free(1, 0); }
}
export function open() { return wasm.open(); }
const BoxFinalization = new FinalizationRegistry(ptr => wasm.__wbg_box_free(ptr, 1));
function __wbg_get_imports() { return {}; }
`;

  test("has what the module had, and its memory", () => {
    const factory = toFactory(body + starters);
    expect(factory).toContain("export function createGlue(module, around) {");
    expect(factory).toContain("Box, open,\n  memory");
    expect(factory.match(/^export/gm)).toHaveLength(1);
  });

  test.each([
    ["that starts in another way", body],
    ["with more in its start", `${body}${starters}export const more = 1;\n`],
    ["with less in its start", body + starters.replace("let __wbg_init_promise;\n", "")],
    ["with lines of another kind", `${body}export default Box;\n${starters}`],
    ["that knows its own file", `${body}const file = import.meta.url;\n${starters}`],
    ["without a finalizer", body.replace(/^const.*\n/m, "") + starters],
  ])("refuses glue %s", (_, glue) => {
    expect(() => toFactory(glue)).toThrow(unknown);
  });

  test("refuses types of another shape", () => {
    expect(() => toFactoryTypes("export class Box {}\n")).toThrow(unknown);
  });

  test("refuses glue that lacks what is cut from it", () => {
    expect(() => pruneGlue(body)).toThrow("lacks what is cut");
  });
});

describe("short names of exports", () => {
  /** A wasm of functions that do nothing, by the names that it exports them by. */
  function wasmOf(...names: string[]): Uint8Array<ArrayBuffer> {
    const section = (id: number, items: number[][]) => [id, items.flat().length + 1, items.length, ...items.flat()];
    const named = names.map((name, index) => [name.length, ...Buffer.from(name), 0, index]);
    const functions = section(3, Array(names.length).fill([0]));
    const codes = section(10, Array(names.length).fill([2, 0, 0x0b]));
    return new Uint8Array([
      0,
      ...Buffer.from("asm"),
      1,
      0,
      0,
      0,
      ...section(1, [[0x60, 0, 0]]),
      ...functions,
      ...section(7, named),
      ...codes,
    ]);
  }
  const exported = (wasm: Uint8Array<ArrayBuffer>) => WebAssembly.Module.exports(new WebAssembly.Module(wasm)).map(({ name }) => name);

  test("replace those of methods that only the glue knows, whichever engine has them", () => {
    const names = shortNames(wasmOf("rawstore_set", "rawstore_merge", "parseTtl", "rawlisting_next"));
    expect([...names]).toEqual([
      ["rawlisting_next", "_0"],
      ["rawstore_merge", "_1"],
    ]);
    expect(exported(withNames(wasmOf("rawstore_merge", "rawstore_set"), names))).toEqual(["_1", "rawstore_set"]);
    expect(() => withNames(wasmOf("rawstore_diff"), names)).toThrow("`rawstore_diff`, which its glue does not know");
  });

  test("leave the rest of a wasm as it is", () => {
    const wasm = wasmOf("rawstore_set", "parseTtl");
    expect(new Uint8Array(withNames(wasm, shortNames(wasm)))).toEqual(wasm);
    const engine = readFileSync(new URL("../pkg/holdall_bg.wasm", import.meta.url));
    expect(
      exported(new Uint8Array(engine))
        .filter((name) => name.startsWith("raw"))
        .sort(),
    ).toEqual(["attach", "create", "get", "peek", "set"].map((name) => `rawstore_${name}`));
  });
});
