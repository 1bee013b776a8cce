/** The installed types say what the package does, under every module resolution and in old and new TypeScript. */
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { root, run } from "../../scripts/lib/run.mjs";
import { folder, write } from "./support.js";

const accepted = `import { createStore, HoldallError, type Store, type Change } from "holdall";
import { createStore as createSlimStore, load } from "holdall/slim";
import { peprStore } from "holdall/pepr";
import { DataStore, type Reservation, UnavailableError } from "holdall/datastore";
import { createRunner, defineNode, type Run } from "holdall/workflow";
import { manualClock } from "holdall/testing";

interface Order { id: string; lines: { sku: string; count: number }[] }
const clock = manualClock(0);
const store: Store = createStore({ maxEntries: 10, defaultTtl: "1h", clock });
const orders: Store = store.scope("order");
orders.set("1", { id: "1", lines: [{ sku: "a", count: 1 }] }, { tags: ["new"] });
const count: number | undefined = orders.get<Order>("1")?.lines[0]?.count;
const stop: () => void = orders.watch((change: Change) => void change.key);
stop();
const code: string | undefined = new Error() instanceof HoldallError ? "never" : undefined;
export async function slim(bytes: Uint8Array<ArrayBuffer>): Promise<Store> {
  await load(bytes);
  return createSlimStore();
}
const data = new DataStore({ host: "redis.internal", poolSize: 4 });
export const reserved: Promise<Reservation<Order> | null> = data.queue.reserve<Order>("orders", { visibility: 60 });
export const outcome: "not done" | "unknown" | undefined = new Error() instanceof UnavailableError ? "unknown" : undefined;
const item: string | null = peprStore().getItem("key");
const double = defineNode({ exec: ({ n }: { n: number }) => n * 2 });
const run: Promise<Run> = createRunner({ store, nodes: { double } }).trigger("graph", { store: { key: "text" } });
export { count, code, item, run };
`;

const refused = `import { createStore } from "holdall";
const store = createStore();
store.set("key", () => 1);
store.set("key", 1, { tll: 5 });
store.get<{ list: number[] }>("key")!.list.push(1);
store.reader().set("key", 1);
createStore({ policy: "fifo" });
`;

const resolutions = [
  ["node16, ES module", { module: "node16", moduleResolution: "node16" }, "esm", "ts"],
  ["node16, CommonJS", { module: "node16", moduleResolution: "node16" }, "cjs", "ts"],
  ["nodenext, ES module", { module: "nodenext", moduleResolution: "nodenext" }, "esm", "ts"],
  ["bundler", { module: "esnext", moduleResolution: "bundler" }, "esm", "ts"],
] as const;

const compilers = [
  ["TypeScript 6", join(root, "node_modules", "typescript", "bin", "tsc")],
  ["TypeScript 5.8", join(folder, "node_modules", "typescript-5", "bin", "tsc")],
] as const;

const base = { strict: true, noEmit: true, target: "es2022", exactOptionalPropertyTypes: true };

async function compile(compiler: string, options: object, within: string, name: string, source: string) {
  const file = `${name}.${Math.random().toString(36).slice(2)}`;
  write(`${within}/${file}.ts`, source);
  write(`${within}/${file}.json`, JSON.stringify({ compilerOptions: { ...base, ...options }, files: [`${file}.ts`] }));
  return run(process.execPath, [compiler, "-p", `${file}.json`, "--pretty", "false"], { capture: true, cwd: join(folder, within) });
}

describe.each(compilers)("%s", (_compiler, compiler) => {
  test.each(resolutions)("accepts a right program and the package's own declarations: %s", async (_name, options, within) => {
    const libraries = { lib: ["es2022", "dom"], types: [], skipLibCheck: false };
    expect(await compile(compiler, { ...options, ...libraries }, within, "accepted", accepted)).toMatchObject({ code: 0, output: "" });
  });

  test.each(resolutions)("refuses each line of a wrong program: %s", async (_name, options, within) => {
    const { code, output } = await compile(compiler, { ...options, lib: ["es2022", "dom"], types: [] }, within, "refused", refused);
    const lines = [...output.matchAll(/^refused\.\w+\.ts\((\d+),/gm)].map(([, line]) => Number(line));
    expect(code).not.toBe(0);
    expect([...new Set(lines)]).toEqual([3, 4, 5, 6, 7]);
  });

  test("accepts a right program in a project for Node without the DOM", async () => {
    const libraries = { lib: ["es2022"], types: ["node"], skipLibCheck: true };
    const options = { module: "nodenext", moduleResolution: "nodenext", ...libraries };
    expect(await compile(compiler, options, "esm", "accepted", accepted)).toMatchObject({ code: 0, output: "" });
  });
});
