/**
 * What the documents show runs, and prints what they say that it prints.
 *
 * @module
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";

const root = join(import.meta.dirname, "..");

/** The fenced blocks of a page, with their languages. */
function blocksOf(page: string): { language: string; text: string }[] {
  const fenced = /^```(\w*)\n(.*?)^```$/gms;
  return [...readFileSync(join(root, page), "utf8").matchAll(fenced)].map(([, language = "", text = ""]) => ({ language, text }));
}

/** The examples in the documentation of a source. */
function examplesOf(source: string): string[] {
  const fenced = /^ +\* ```ts\n(.*?)^ +\* ```$/gms;
  return [...readFileSync(join(root, source), "utf8").matchAll(fenced)].map(([, text = ""]) => text.replace(/^ +\* ?/gm, ""));
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

  test.each([
    ["runs of graphs", "runner.trigger", "{ charged: 40 } { priced: 'kite' }\n"],
    ["queues and a cache", "data.cache", "{ to: 'ada' }\nhello null\n"],
    ["dead letters", "maxDeliveries", "{ to: 'nobody' } 3 NODE_FAILED\n{ to: 'nobody' }\n"],
  ])("shows what %s print", (_, called, printed) => {
    const shown = blocks.find(({ language, text }) => language === "js" && text.includes(called));
    expect(run(shown?.text ?? "")).toBe(printed);
  });

  test("names commands that exist", () => {
    const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
    const commands = blocks.filter(({ language }) => language === "sh").flatMap(({ text }) => [...text.matchAll(/^npm (start|test)/gm)]);
    expect(commands.map(([, name]) => name)).toEqual(["start", "test"]);
    for (const [, name = ""] of commands) expect(scripts).toHaveProperty(name);
  });
});

describe("the examples in the sources", () => {
  // What is fenced as `ts no-run` needs a cluster, or a page.
  const files = readdirSync(join(root, "ts"), { recursive: true, encoding: "utf8" }).map((path) => `ts/${path}`);
  const sources = files.filter((path) => path.endsWith(".ts") && examplesOf(path).length > 0);

  test("are found", () => {
    expect(sources.length).toBeGreaterThan(20);
  });

  test.each(sources)("of %s run", (source) => {
    for (const example of examplesOf(source)) expect(() => run(example)).not.toThrow();
  });
});
