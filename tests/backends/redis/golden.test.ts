/**
 * The layout in Redis is a durable format: what `tests/golden/redis-1` says, as commands, is read by every later version, and this one still writes the same.
 *
 * `HOLDALL_GOLDEN=write` writes the file of a new format; one that is there is never changed.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Redis } from "ioredis";
import { afterEach, describe, expect, it } from "vitest";
import { root } from "../../../scripts/lib/run.mjs";
import { redis } from "../../../ts/backends/redis/index.js";
import { startRedis } from "../../servers/redis.js";
import { cleanup, del, directTo, Follower, openReplica, put, textIn, urlOf } from "./support.js";

const file = join(root, "tests/golden/redis-1/commands.json");

/** An argument of a command: text, or bytes that are none. */
type Argument = string | { readonly hex: string };
type Command = readonly Argument[];

const keep = cleanup(afterEach);

async function place() {
  const server = await keep(startRedis({ durable: false }));
  const direct = directTo(server);
  const backend = redis({ url: urlOf(server) });
  keep({ stop: () => backend.close() });
  keep({ stop: async () => direct.disconnect() });
  return { direct, backend };
}

/** What is in a server, as commands that bring it there. */
async function dump(direct: Redis): Promise<Command[]> {
  const keys = (await direct.keys("*")).sort();
  const commands = keys.map(async (key): Promise<Command[]> => {
    switch (await direct.type(key)) {
      case "hash": {
        const [names, contents] = [await direct.hkeysBuffer(key), await direct.hvalsBuffer(key)];
        return pairs([...names].flatMap((name, at) => [name, contents[at] ?? Buffer.of()]).map(argument)).map((pair) => [
          "HSET",
          key,
          ...pair,
        ]);
      }
      case "zset": {
        const flat = ((await direct.callBuffer("zrange", key, 0, -1, "WITHSCORES")) as Buffer[]).map(argument);
        return pairs(flat).map(([member = "", score = ""]) => ["ZADD", key, score, member]);
      }
      default: {
        const entries = (await direct.callBuffer("xrange", key, "-", "+")) as [Buffer, Buffer[]][];
        return entries.map(([id, fields]) => ["XADD", key, argument(id), ...fields.map(argument)]);
      }
    }
  });
  return (await Promise.all(commands)).flat();
}

function pairs<T>(flat: readonly T[]): T[][] {
  const found = flat.flatMap((_, at) => (at % 2 === 0 ? [flat.slice(at, at + 2)] : []));
  return found.sort(([one], [other]) => (JSON.stringify(one) < JSON.stringify(other) ? -1 : 1));
}

function argument(bytes: Buffer): Argument {
  const text = bytes.toString("utf8");
  const isText = Buffer.from(text, "utf8").equals(bytes) && !text.includes("\0");
  return isText ? text : { hex: bytes.toString("hex") };
}

const golden = () => JSON.parse(readFileSync(file, "utf8")) as Command[];

/** The time of all commits in the file: in the future, where a store's time stands still. */
const time = Date.UTC(2100, 0);

describe("format 1", () => {
  it("is still written as it was", async () => {
    const { direct, backend } = await place();
    const replica = await openReplica(backend, { replica: "golden", limits: { maxEntries: 100, maxBytes: 10_000 } });
    await direct.hset("holdall:{orders}:store", {
      id: "golden-id",
      mark: "golden-id",
      trimmedMark: "golden-id",
      time,
      "replica:golden": `-1 0 0 ${time} 0`,
    });
    await replica.store.load();
    await replica.number(put("text", "é\u{1f600} and \ufeff"), put("gone", "1"), put("mortal", "1", 60_000));
    const bytes = Uint8Array.of(0, 255, 128);
    const property = { encoding: 2, bytes: new TextEncoder().encode("12.5") };
    const metadata = {
      tags: ["a", "b"],
      properties: [
        ["p", property],
        ["q", { encoding: 9, bytes }],
      ] as const,
      description: "what it is",
    };
    await replica.number({ type: "put", key: "bytes", value: { encoding: 9, bytes }, ttl: null, metadata });
    await replica.number(
      { type: "annotate", key: "text", metadata: { addTag: "z" } },
      { type: "touch", key: "mortal", ttl: 120_000 },
      del("gone"),
    );
    const written = await dump(direct);
    if (process.env.HOLDALL_GOLDEN === "write" && !existsSync(file))
      writeFileSync(file, `[\n${written.map((command) => JSON.stringify(command)).join(",\n")}\n]\n`);
    expect(written).toEqual(golden());
  });

  it("is read, followed and written on", async () => {
    const { direct, backend } = await place();
    for (const [name, ...rest] of golden()) {
      await direct.call(String(name), ...rest.map((each) => (typeof each === "string" ? each : Buffer.from(each.hex, "hex"))));
    }
    const replica = await openReplica(backend, { limits: { maxEntries: 100 } });
    expect(replica.store.header).toEqual({ id: "golden-id", readFormat: 1, writeFormat: 1, limits: { maxEntries: 100, maxBytes: 10_000 } });
    const entries = await replica.contents();
    const common = { createdAt: time, updatedAt: time };
    expect([...entries.keys()].sort()).toEqual(["bytes", "mortal", "text"]);
    expect(entries.get("text")).toMatchObject({
      ...common,
      number: 1,
      deadline: Infinity,
      metadata: { number: 3, tags: ["z"], properties: [], description: null },
    });
    expect(textIn(entries.get("text") ?? { value: { encoding: 0, bytes: new Uint8Array() } })).toBe("é\u{1f600} and \ufeff");
    expect(entries.get("mortal")).toMatchObject({ ...common, number: 3, deadline: time + 120_000 });
    const { value, metadata } = entries.get("bytes") ?? {};
    expect([value?.encoding, [...(value?.bytes ?? [])]]).toEqual([9, [0, 255, 128]]);
    const properties = metadata?.properties.map(([name, each]) => [name, each.encoding, [...each.bytes]]);
    expect([metadata?.tags, properties, metadata?.description]).toEqual([
      ["a", "b"],
      [
        ["p", 2, [...new TextEncoder().encode("12.5")]],
        ["q", 9, [0, 255, 128]],
      ],
      "what it is",
    ]);
    const follower = new Follower(replica.store, 0);
    const number = await replica.number(put("text", "later"), del("mortal"));
    expect(number).toBe(4);
    await follower.reach(4);
    expect(follower.commits.map(({ number: each, operations }) => [each, operations.length])).toEqual([
      [1, 3],
      [2, 1],
      [3, 3],
      [4, 2],
    ]);
    // What the replica of the file committed last is still known: sent again, it gives the first answer.
    const again = { replica: "golden", counter: 3, isRetry: true, conditions: [], ranges: [], operations: [], bytes: new Uint8Array() };
    expect(await replica.store.commit(again)).toEqual({ type: "committed", number: 3, after: 2, time, changed: true });
  });
});
