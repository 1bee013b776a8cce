/**
 * Two versions of the package use one store side by side: this one, and the one before it, each installed in a folder of its own and run as a process of its
 * own. `HOLDALL_PREVIOUS` names the tarball of the version before; where there is none, which is so before the second version, it is this one again.
 */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { must, root, run } from "../../scripts/lib/run.mjs";
import { type RedisServer, startRedis } from "../servers/redis.js";
import { folder } from "./support.js";

const program = `import { openStore } from "holdall";
import { file } from "holdall/backends/file";
import { redis } from "holdall/backends/redis";

// A store in a folder keeps no process alive that only waits.
const alive = setInterval(() => {}, 1_000);
const [kind, where, name, other] = process.argv.slice(2);
const backend = kind === "file" ? file({ path: where }) : redis({ url: where });
const store = await openStore({ backend, name: "shared" });
const scope = store.scope("user");
store.set("ready:" + name, true);
await store.waitFor("ready:" + other);
for (let at = 0; at < 50; at++) {
  await store.increment("count");
  await store.transaction((tx) => {
    tx.set("left", (tx.get("left") ?? 0) + 1);
    tx.set("right", (tx.get("right") ?? 0) + 1);
  }, { retries: 1000 });
}
scope.set(name, { by: name, at: new Date(0), large: 25n, bytes: Uint8Array.of(1, 2), text: "two \\u{1F4E6}" }, { ttl: "1h", tags: ["mine", name] });
await store.flush();
await scope.waitFor(other);
await store.waitFor("count", (count) => count === 100);
await store.waitFor("left", (left) => left === 100);
await store.sync();
const entries = [...store.entries()].filter(([key]) => !key.startsWith("done:")).map(([key, value]) => [key, value, store.meta(key).version]);
const result = { entries, tagged: [...store.find({ allTags: ["mine"] })], hasTtl: store.ttl("user:" + other) > 0 };
// Told apart, so that neither leaves before the other has looked.
store.set("done:" + name, true);
await store.flush();
await store.waitFor("done:" + other);
await store.close();
await backend.close();
clearInterval(alive);
console.log(JSON.stringify(result, (_, value) => (typeof value === "bigint" ? value + "n" : value)));
`;

let projects: string;
let server: RedisServer;

beforeAll(async () => {
  projects = mkdtempSync(join(tmpdir(), "holdall-versions-"));
  const current = join(folder, readdirSync(folder).find((name) => name.endsWith(".tgz")) ?? "");
  const { lmdb, ioredis } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")).devDependencies;
  for (const [version, tarball] of Object.entries({ current, previous: process.env.HOLDALL_PREVIOUS ?? current })) {
    const project = join(projects, version);
    mkdirSync(project);
    const dependencies = { holdall: `file:${tarball}`, lmdb, ioredis };
    writeFileSync(join(project, "package.json"), JSON.stringify({ name: version, private: true, type: "module", dependencies }));
    writeFileSync(join(project, "program.js"), program);
    await must("npm", ["install", "--no-audit", "--no-fund", "--prefer-offline", "--loglevel=error"], { capture: true, cwd: project });
  }
  server = await startRedis();
});
afterAll(async () => {
  await server?.stop();
  rmSync(projects, { recursive: true, force: true });
});

/** Runs one version's program; what it prints. */
async function told(version: string, other: string, kind: string, where: string): Promise<unknown> {
  const { code, output } = await run(process.execPath, ["program.js", kind, where, version, other], {
    capture: true,
    cwd: join(projects, version),
  });
  expect(code, output).toBe(0);
  return JSON.parse(output.trim());
}

test.each(["file", "redis"])("two versions share a store on %s: both count, both hear, both read the same", async (kind) => {
  const where = kind === "file" ? join(projects, "stores") : `redis://127.0.0.1:${server.port}`;
  const [current, previous] = await Promise.all([told("current", "previous", kind, where), told("previous", "current", kind, where)]);
  expect(current).toEqual(previous);
  const user = (by: string) => ({ by, at: "1970-01-01T00:00:00.000Z", large: "25n", bytes: { 0: 1, 1: 2 }, text: "two \u{1F4E6}" });
  const { entries } = current as { entries: [string, unknown, number][] };
  expect(entries.map(([key, value]) => [key, value])).toEqual([
    ["count", 100],
    ["left", 100],
    ["ready:current", true],
    ["ready:previous", true],
    ["right", 100],
    ["user:current", user("current")],
    ["user:previous", user("previous")],
  ]);
  expect(current).toMatchObject({ tagged: ["user:current", "user:previous"], hasTtl: true });
});
