/** A server with `appendfsync always` is killed again and again while four processes write: nothing acknowledged is lost, nothing is applied twice or in half. */
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { root } from "../../../scripts/lib/run.mjs";
import { redis } from "../../../ts/backends/redis/index.js";
import { startRedis } from "../../servers/redis.js";
import { budget, Follower, openReplica, urlOf } from "./support.js";

let folder: string;
let program: string;
beforeAll(async () => {
  // Below the repository, where ioredis is found.
  mkdirSync(join(root, "target/holdall"), { recursive: true });
  folder = mkdtempSync(join(root, "target/holdall/writers-"));
  program = join(folder, "writer.mjs");
  const entryPoints = [join(root, "tests/backends/redis/writer.ts")];
  await build({ entryPoints, bundle: true, format: "esm", platform: "node", target: "node20", external: ["ioredis"], outfile: program });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs a process that writes; gives the numbers of its commits in their order. */
async function write(url: string, count: number, name: string): Promise<string[]> {
  const child = spawn(process.execPath, [program, url, String(count), name], { stdio: ["ignore", "pipe", "inherit"] });
  const numbers: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    const [at = "", number = ""] = line.split(" ");
    expect(Number(at)).toBe(numbers.length + 1);
    numbers.push(number);
  }
  return numbers;
}

describe("four processes write to a server", () => {
  it("that is killed -9 and started again", async () => {
    const server = await startRedis();
    const url = urlOf(server);
    const kills = budget("HOLDALL_REDIS_KILLS", 5);
    const commits = kills * 100;
    const writers = ["one", "two", "three", "four"];
    const backend = redis({ url, commandTimeout: 30_000 });
    const watcher = await openReplica(backend);
    let isWriting = true;
    const writing = Promise.all(writers.map((name) => write(url, commits, name))).finally(() => {
      isWriting = false;
    });
    // All of them are under way.
    await new Follower(watcher.store, 0).until(
      ({ commits: heard }) => new Set(heard.map(({ replica }) => replica)).size === writers.length,
    );
    let killed = 0;
    while (killed < kills && isWriting) {
      // Somewhere within what is committed, not when the clock says so.
      const { number } = await watcher.store.head();
      await new Follower(watcher.store, number).reach(number + 20 + ((killed * 37) % 50));
      await server.restart();
      killed++;
    }
    const numbers = await writing;
    expect(killed).toBeGreaterThan(0);
    expect(numbers.flat().every((number) => /^\d+$/.test(number))).toBe(true);

    // Each commit has a number of its own, and there are no others.
    const all = numbers
      .flat()
      .map(Number)
      .sort((one, other) => one - other);
    expect(all).toEqual(Array.from({ length: writers.length * commits }, (_, at) => at + 1));
    const entries = await watcher.contents();
    expect(entries.size).toBe(writers.length * (commits + 2));
    const texts = await watcher.texts();
    for (const [at, name] of writers.entries()) {
      expect([texts[`${name}:from`], texts[`${name}:to`]]).toEqual([String(-commits), String(commits)]);
      for (const [index, number] of (numbers[at] ?? []).entries()) expect(entries.get(`${name}:${index + 1}`)?.number).toBe(Number(number));
    }
    await backend.close();
    await server.stop();
  }, 300_000);
});
