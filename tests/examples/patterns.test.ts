/** The patterns in examples/patterns run, and print what they promise. */
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const root = join(import.meta.dirname, "../..");
const run = (name: string) =>
  execFileSync(process.execPath, [`examples/patterns/${name}.mjs`], { cwd: root, encoding: "utf8" })
    .trim()
    .split("\n");

test("workflow context: the store carries what nodes share, and the scope what runs share", () => {
  expect(run("context")).toEqual([
    "Dear Ada, please pay 11.90",
    '  the context at the end: {"archived":true,"customer":"Ada","greeting":"Dear","gross":1190,"net":"1000"}',
    "Dear Grace, please pay 29.75",
    '  the context at the end: {"archived":true,"customer":"Grace","greeting":"Dear","gross":2975,"net":"2500"}',
    "letters, counted over all runs: 2",
  ]);
});

test("accumulator: two nodes append at the same time, and nothing is lost", () => {
  expect(run("accumulator")).toEqual(["north found water", "south found water", "2 nodes, 3 tries of post, 2 findings"]);
});

test("checkpoint and recovery: the second process goes on where the first was killed", () => {
  expect(run("checkpoint")).toEqual([
    "the first process",
    "  pick runs",
    "  pack runs",
    "  was killed: SIGKILL",
    "the second process",
    "  pack runs",
    "  ship runs",
    '  completed: {"runs of pack":1,"runs of pick":1,"runs of ship":1}',
  ]);
});

test("transaction with rollback: half a transfer is none", () => {
  expect(run("rollback")).toEqual([
    'before: {"ada":50,"bank":0}',
    "NODE_FAILED: ada would have -30",
    'rolled back: {"ada":50,"bank":0}, and the hook\'s note stays: ada would have -30',
    'resumed: {"ada":20,"bank":80}, left: 20',
  ]);
});

test("the page of the patterns names each, and no other", () => {
  const page = readFileSync(join(root, "examples/patterns/README.md"), "utf8");
  const named = [...page.matchAll(/node examples\/patterns\/([\w-]+\.mjs)/g)].map(([, file]) => file);
  expect(named.sort()).toEqual(
    readdirSync(join(root, "examples/patterns"))
      .filter((file) => file.endsWith(".mjs"))
      .sort(),
  );
});
