/** A backend of one's own needs nothing but the package: what is in `consumers/backend` type checks, keeps every promise, and keeps a store. */
import { cpSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { root } from "../../scripts/lib/run.mjs";
import { folder, output, write } from "./support.js";

test.each([
  ["an ES module, by TypeScript 6", "esm", join(root, "node_modules", "typescript", "bin", "tsc")],
  ["CommonJS, by TypeScript 5.8", "cjs", join(folder, "node_modules", "typescript-5", "bin", "tsc")],
] as const)("a backend on a map passes the suite: %s", async (_name, within, compiler) => {
  const place = join(within, "backend");
  cpSync(join(import.meta.dirname, "consumers", "backend"), join(folder, place), { recursive: true });
  const libraries = { lib: ["es2022", "dom"], types: ["node"], skipLibCheck: false };
  const strictness = { strict: true, exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true };
  const compilerOptions = { module: "node16", moduleResolution: "node16", target: "es2022", ...strictness, ...libraries, outDir: "out" };
  write(join(place, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["map.ts", "suite.ts"] }));
  expect(await output(process.execPath, [compiler, "-p", ".", "--pretty", "false"], place)).toBe("");

  const told = await output(process.execPath, ["--test-reporter=tap", join("out", "suite.js")], place);
  const count = (what: string) => Number(new RegExp(`^# ${what} (\\d+)$`, "m").exec(told)?.[1]);
  expect({ fail: count("fail"), cancelled: count("cancelled"), skipped: count("skipped") }).toEqual({ fail: 0, cancelled: 0, skipped: 0 });
  // Nothing is left out: both suites, for a backend that can do everything, have some hundred promises.
  expect(count("pass")).toBeGreaterThan(100);
});
