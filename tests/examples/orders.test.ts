/**
 * The main job as a person runs it: a process of its own, its output and its exit code.
 *
 * @module
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { generateOrders } from "../../examples/orders/generate.mjs";
import type { Order } from "../../examples/orders/input.mjs";
import { findProblem } from "../../examples/orders/validate.mjs";
import { run as execute, folder, orderLines } from "./orders.support.js";

const stockText = readFileSync(join(folder, "stock.json"), "utf8");
/** As much of the order file as most tests need. */
const someLines = orderLines.slice(0, 60);

let temporary: string;
beforeAll(() => {
  temporary = mkdtempSync(join(tmpdir(), "holdall-orders-"));
});
afterAll(() => rmSync(temporary, { recursive: true, force: true }));

async function run(...options: string[]) {
  const life = await execute("--backend", "memory", ...options);
  return { ...life, lines: life.stdout.split("\n") };
}

function file(name: string, text: string): string {
  const path = join(temporary, name);
  writeFileSync(path, text);
  return path;
}

/** A row of the table of orders. */
function row(lines: string[], name: string) {
  const line = lines.find((candidate) => candidate.trimStart().startsWith(`${name}  `)) ?? "";
  const cells = line.trim().slice(name.length).trim().split(/\s+/);
  const [count = Number.NaN, cents = Number.NaN, retries = Number.NaN] = cells.map((cell) => Number(cell.replace(/[€,.]/g, "")));
  return { count, cents, retries };
}

/** Some lines of the orders file, a few of them replaced: by a text, or by what a function makes of the order. */
function altered(changes: Record<number, string | ((order: Order) => object)>): string {
  const lines = someLines.map((line, index) => {
    const change = changes[index + 1];
    if (change === undefined) return line;
    return typeof change === "string" ? change : JSON.stringify(change(JSON.parse(line)));
  });
  return `${lines.join("\n")}\n`;
}

/** How many of the file's lines, from one to another, are invalid as they are. */
const invalidIn = (first: number, last: number) =>
  someLines.slice(first - 1, last).filter((line) => findProblem(JSON.parse(line), JSON.parse(stockText)) !== undefined).length;

describe("on the real input", () => {
  let result: Awaited<ReturnType<typeof run>>;
  beforeAll(async () => {
    result = await run();
  });

  it("ends with 0, and every check holds", () => {
    expect(result.stderr).toBe("");
    expect(result.stdout).not.toContain("✗");
    expect(result.lines.filter((line) => line.startsWith("  ✓ "))).toHaveLength(7);
    expect(result.status).toBe(0);
  });

  it("accounts for each order and each cent of the file, outcome by outcome", () => {
    const cents = orderLines.map((line) => JSON.parse(line).totalCents as number).reduce((sum, number) => sum + number, 0);
    const outcomes = ["shipped", "rejected", "duplicate", "attention"].map((outcome) => row(result.lines, outcome));
    expect(outcomes.reduce((sum, { count }) => sum + count, 0)).toBe(orderLines.length);
    expect(row(result.lines, "total")).toMatchObject({ count: orderLines.length, cents });
    expect(outcomes.every(({ count }) => count > 0)).toBe(true);
    const duplicates = orderLines.length - new Set(orderLines.map((line) => JSON.parse(line).key)).size;
    expect(row(result.lines, "duplicate").count).toBe(duplicates);
  });

  it("has all kinds of trouble in it, and retries", () => {
    for (const reason of ["invalid", "out of stock", "card declined", "review", "payment", "carrier"]) {
      expect(row(result.lines, reason).count, reason).toBeGreaterThan(0);
    }
    expect(row(result.lines, "total").retries).toBeGreaterThan(20);
    expect(result.stdout).toMatch(/remembered, each for 15m: [1-9]\d+$/m);
  });

  it("lists each order that needs attention, with its reason", () => {
    const { count } = row(result.lines, "attention");
    expect(result.stdout).toContain(`Needs attention (the tag, on ${count} orders)`);
    expect(result.lines.filter((line) => /^ {2}A-\d{4} {2}(review|payment|carrier) +€/.test(line))).toHaveLength(count);
  });

  it("prints a plain line per tenth, without codes, when nobody watches", () => {
    const progress = result.lines.filter((line) => /^ +\d+ % {2}\d/.test(line));
    expect(progress.map((line) => Number(/(\d+) %/.exec(line)?.[1]))).toEqual([10, 20, 30, 40, 50, 60, 70, 80, 90, 100]);
    expect(result.stdout).not.toContain("\u001b");
  });

  it("is what the committed script makes", () => {
    expect(generateOrders(JSON.parse(stockText)).map((order) => JSON.stringify(order))).toEqual(orderLines);
  });
});

describe("on damaged input", () => {
  it("names the lines that are not JSON, counts them as rejected, and runs the rest", async () => {
    const { status, stdout, lines } = await run("--orders", file("broken.jsonl", altered({ 12: '{"id":"A-0012","key', 50: "\u0000" })));
    expect(status).toBe(0);
    expect(stdout).toContain("Rejected: line 12 is not JSON");
    expect(stdout).toContain("Rejected: line 50 is not JSON");
    expect(row(lines, "total").count).toBe(someLines.length);
    expect(row(lines, "invalid").count).toBe(invalidIn(1, someLines.length) - invalidIn(12, 12) - invalidIn(50, 50) + 2);
  });

  it("rejects orders of every wrong shape, and keeps the books", async () => {
    const strange: Record<number, string | ((order: Order) => object)> = {
      31: "null",
      32: "5",
      33: '"order"',
      34: "[]",
      35: "{}",
      36: (order) => ({ ...order, id: "A-0001" }),
      37: (order) => ({ ...order, id: "line 9" }),
      38: (order) => ({ ...order, key: "\ud800" }),
      39: (order) => ({ ...order, key: "k".repeat(5000) }),
      40: (order) => ({ ...order, placedAt: "soon" }),
      41: (order) => ({ ...order, address: { postcode: 33000 } }),
      42: (order) => ({ ...order, lines: [null] }),
      43: (order) => ({ ...order, lines: [{ article: "__proto__", quantity: 1, priceCents: 1 }] }),
      44: (order) => ({ ...order, lines: "mug" }),
      45: (order) => ({ ...order, totalCents: "100" }),
      46: (order) => ({ ...order, totalCents: -100 }),
    };
    const { status, stdout, stderr, lines } = await run("--orders", file("strange.jsonl", altered(strange)));
    expect(stderr).toBe("");
    expect(stdout).not.toContain("✗");
    expect(status).toBe(0);
    expect(row(lines, "total").count).toBe(someLines.length);
    const [first = 0, last = 0] = [Object.keys(strange).at(0), Object.keys(strange).at(-1)].map(Number);
    expect(row(lines, "invalid").count).toBe(invalidIn(1, first - 1) + invalidIn(last + 1, someLines.length) + 1 + last - first);
  });

  it.each([
    ["a missing file", () => ["--orders", join(temporary, "nowhere.jsonl")], "There is no file"],
    ["a folder", () => ["--orders", temporary], "cannot be read"],
    ["an empty file", () => ["--orders", file("empty.jsonl", "\n\n")], "holds no orders"],
    ["a stock that is missing", () => ["--stock", join(temporary, "nowhere.json")], "There is no file"],
    ["a stock that is not JSON", () => ["--stock", file("text.json", "mug: 3")], "is not JSON"],
    ["a stock that is a list", () => ["--stock", file("list.json", "[]")], "must hold one object"],
    [
      "a stock below nothing",
      () => ["--stock", file("few.json", '{"mug":{"name":"Mug","priceCents":1,"quantity":-1}}')],
      "the quantity of mug",
    ],
    ["a stock without names", () => ["--stock", file("nameless.json", '{"mug":{"priceCents":1,"quantity":1}}')], "mug has no name"],
    [
      "an article that is no name",
      () => ["--stock", file("odd.json", '{"":{"name":"Mug","priceCents":1,"quantity":1}}')],
      "cannot be an article",
    ],
    ["an unknown option", () => ["--fast"], "--fast"],
    ["a span that is none", () => ["--seconds", "soon"], "--seconds takes a number"],
    ["a backend that is none", () => ["--backend", "paper"], "--backend takes file, redis, memory"],
    ["a URL without Redis", () => ["--url", "redis://127.0.0.1:6379"], "--url goes with"],
  ])("refuses %s in a sentence, and ends with 2", async (_, options, message) => {
    const { status, stdout, stderr } = await run(...options());
    expect(status).toBe(2);
    expect(stdout).toBe("");
    expect(stderr).toContain(message);
    expect(stderr).not.toContain("    at ");
  });

  it("explains itself", async () => {
    const { status, stdout } = await run("--help");
    expect(status).toBe(0);
    for (const option of ["--backend", "--url", "--state", "--fresh", "--orders", "--stock", "--seconds", "--check-against", "--help"])
      expect(stdout).toContain(option);
  });
});

describe("when the books do not agree with the input", () => {
  const firstShipped = 4;

  it.each([
    ["an order is missing", { 7: "" }, ["A-0007 has no line of its own", "60, but should be 59"]],
    ["an amount differs", { [firstShipped]: (order: Order) => ({ ...order, totalCents: order.totalCents + 1 }) }, ["money of A-0004"]],
    [
      "a quantity differs",
      { [firstShipped]: (order: Order) => ({ ...order, lines: order.lines.map((line) => ({ ...line, quantity: line.quantity + 1 })) }) },
      [", shipped: "],
    ],
    ["an id differs", { 9: (order: Order) => ({ ...order, id: "A-9999" }) }, ["the id of line 9"]],
    ["a line is unreadable", { [firstShipped]: "{" }, ["charge of A-0004"]],
  ])("says so and ends with 1: %s", async (_, changes, messages) => {
    const { status, stdout } = await run(
      "--orders",
      file("some.jsonl", altered({})),
      "--check-against",
      file("against.jsonl", altered(changes)),
    );
    expect(status).toBe(1);
    expect(stdout).toContain("  ✗ ");
    expect(stdout).toMatch(/\d of 7 checks failed\./);
    for (const message of messages) expect(stdout).toContain(message);
  });
});
