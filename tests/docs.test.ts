/**
 * What the documents show runs, and prints what they say that it prints.
 *
 * @module
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";

const root = join(import.meta.dirname, "..");

/** The fenced blocks of a page, with their languages. */
function blocksOf(page: string): { language: string; text: string }[] {
  const fenced = /^```(\w*)\n(.*?)^```$/gms;
  return [...readFileSync(join(root, page), "utf8").matchAll(fenced)].map(([, language = "", text = ""]) => ({ language, text }));
}

/** Runs a program as a user's file at the project's root would, where `holdall` is the built package. */
function run(program: string): string {
  return execFileSync(process.execPath, ["--input-type=module", "--eval", program], { cwd: root, encoding: "utf8" });
}

describe("the README", () => {
  const blocks = blocksOf("README.md");
  const [program, output] = blocks;

  test("opens with a program of some fifteen lines", () => {
    expect(program?.language).toBe("js");
    expect(program?.text.split("\n").filter((line) => line.trim() !== "").length).toBeLessThanOrEqual(15);
  });

  test("shows what the program prints", () => {
    expect(run(program?.text ?? "")).toBe(output?.text);
  });

  test("shows how a store is kept in a folder", () => {
    const folder = mkdtempSync(join(tmpdir(), "holdall-readme-"));
    const kept = blocks.find(({ text }) => text.includes('path: "data"'));
    const told = `${kept?.text}const again = await openStore({ backend: file({ path: "data" }), name: "orders" });
      console.log(again.get("17").state, again.get("count"));
      await again.close();`;
    try {
      expect(run(told.replaceAll('"data"', JSON.stringify(folder)))).toBe("paid 1\n");
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test("names commands that exist", () => {
    const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
    const commands = blocks.filter(({ language }) => language === "sh").flatMap(({ text }) => [...text.matchAll(/^npm (start|test)/gm)]);
    expect(commands.map(([, name]) => name)).toEqual(["start", "test"]);
    for (const [, name = ""] of commands) expect(scripts).toHaveProperty(name);
  });
});

describe("the examples in the sources", () => {
  const sources = [
    "ts/datastore/datastore.ts",
    "ts/datastore/json.ts",
    "ts/datastore/names.ts",
    "ts/datastore/queue.ts",
    "ts/backends/file/index.ts",
    "ts/backends/indexeddb/index.ts",
    "ts/backends/memory/index.ts",
    "ts/errors.ts",
    "ts/opener.ts",
    "ts/replica/types.ts",
    "ts/store/factory.ts",
    "ts/store/types/options.ts",
    "ts/store/types/shapes.ts",
    "ts/store/types/views.ts",
    "ts/store/types/writing.ts",
    "ts/workflow/define.ts",
    "ts/workflow/result.ts",
    "ts/workflow/runner.ts",
    "ts/testing/suites/backend/index.ts",
  ];

  test.each(sources)("of %s run", (source) => {
    const examples = [...readFileSync(join(root, source), "utf8").matchAll(/^ +\* ```ts\n(.*?)^ +\* ```$/gms)].map(([, text = ""]) =>
      text.replace(/^ +\* ?/gm, ""),
    );
    expect(examples.length).toBeGreaterThan(0);
    for (const example of examples) expect(() => run(example)).not.toThrow();
  });
});
