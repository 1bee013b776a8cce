/** What Redis will not take is told to its caller alone, and nothing changes; what is not Holdall's is named and left as it is. */
import { inspect } from "node:util";
import { afterEach, describe, expect, it } from "vitest";
import { redis } from "../../../ts/backends/redis/index.js";
import type { RedisOptions } from "../../../ts/backends/redis/options.js";
import { startRedis } from "../../servers/redis.js";
import { cleanup, del, openReplica, put, urlOf } from "./support.js";

const keep = cleanup(afterEach);

function backendOn(server: { readonly port: number }, options: RedisOptions = {}) {
  const backend = redis({ url: urlOf(server), ...options });
  keep({ stop: () => backend.close() });
  return backend;
}

describe("a server out of memory", () => {
  it("refuses what needs more, with QUOTA_EXCEEDED, and has changed nothing; what frees memory goes through", async () => {
    const server = await keep(startRedis({ durable: false, maxMemory: "4mb" }));
    const replica = await openReplica(backendOn(server, { log: { bytes: 10_000 } }));
    let refused = 0;
    for (let at = 0; refused < 3 && at < 100; at++) {
      const answer = await replica.commit([put(`key:${at}`, "x".repeat(100_000)), put("last", String(at))]);
      if (answer.type === "refused") {
        expect(answer.code).toBe("QUOTA_EXCEEDED");
        refused++;
      }
    }
    expect(refused).toBe(3);
    const texts = await replica.texts();
    const keys = Object.keys(texts).filter((key) => key !== "last");
    expect(texts.last).toBe(
      keys
        .map((key) => key.slice(4))
        .sort((one, other) => Number(one) - Number(other))
        .at(-1),
    );
    // Far beyond it, whatever else takes memory meanwhile.
    await server.cli("CONFIG", "SET", "maxmemory", "1mb");
    expect(await replica.commit([put("last", "1")])).toMatchObject({ type: "refused", code: "QUOTA_EXCEEDED" });
    expect(await replica.commit(keys.slice(0, 5).map(del))).toMatchObject({ type: "committed", changed: true });
    // Opening one that is there needs no memory worth the name.
    await openReplica(backendOn(server));
    await server.cli("CONFIG", "SET", "maxmemory", "100mb");
    expect(await replica.commit([put("small", "1")])).toMatchObject({ type: "committed" });
    expect(Object.keys(await replica.texts())).toHaveLength(keys.length - 5 + 2);
  });
});

describe("a script cache that is flushed", () => {
  it("is no failure", async () => {
    const server = await keep(startRedis({ durable: false }));
    const replica = await openReplica(backendOn(server));
    for (let at = 1; at <= 5; at++) {
      await server.cli("SCRIPT", "FLUSH");
      expect(await replica.number(put("a", String(at)))).toBe(at);
    }
  });

  it("is none either where replicas of the server are waited for", async () => {
    const server = await keep(startRedis({ durable: false }));
    await keep(startRedis({ durable: false, flags: ["--replicaof", "127.0.0.1", String(server.port)] }));
    await expect.poll(() => server.cli("INFO", "replication")).toContain("state=online");
    const replica = await openReplica(backendOn(server, { replicas: 1 }));
    await server.cli("SCRIPT", "FLUSH");
    expect(await replica.number(put("a", "1"))).toBe(1);
  });
});

describe("opening", () => {
  it("refuses a server that evicts", async () => {
    const server = await keep(startRedis({ durable: false, flags: ["--maxmemory-policy", "allkeys-lru"] }));
    await expect(openReplica(backendOn(server))).rejects.toMatchObject({ code: "NOT_SUPPORTED" });
    expect(await server.cli("DBSIZE")).toBe("0");
  });

  it("declares what the server keeps, and refuses one that keeps less than it is asked for", async () => {
    const [forgetful, synced] = [await keep(startRedis({ durable: false })), await keep(startRedis())];
    const backends = [backendOn(forgetful), backendOn(synced), backendOn(synced, { durability: "fsync" })];
    // As `openStore` does: looked at before, and read after.
    const capabilities = backends.map((backend) => backend.capabilities);
    for (const backend of backends) await openReplica(backend);
    expect(capabilities.map(({ durability }) => durability)).toEqual(["memory", "fsync", "fsync"]);
    await expect(openReplica(backendOn(forgetful, { durability: "fsync" }))).rejects.toMatchObject({ code: "NOT_SUPPORTED" });
  });

  it("rejects with UNAVAILABLE where nobody answers, and can be tried again", async () => {
    const server = await keep(startRedis({ durable: false }));
    const backend = backendOn(server);
    await server.kill();
    await expect(openReplica(backend)).rejects.toMatchObject({ code: "UNAVAILABLE" });
    await server.start();
    expect((await openReplica(backend)).store.isWritable).toBe(true);
  });

  it("rejects with INVALID_ARGUMENT where the server refuses the user", async () => {
    const server = await keep(startRedis({ durable: false, flags: ["--requirepass", "secret"] }));
    await expect(openReplica(backendOn(server))).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    const wrong = redis({ url: `redis://:wrong@127.0.0.1:${server.port}` });
    await expect(openReplica(wrong)).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    await wrong.close();
    const right = redis({ url: `redis://:secret@127.0.0.1:${server.port}` });
    expect(await (await openReplica(right)).number(put("a", "1"))).toBe(1);
    await right.close();
  });
});

describe("a user", () => {
  const userOf = ({ port }: { readonly port: number }) => {
    const backend = redis({ url: `redis://app:secret@127.0.0.1:${port}` });
    keep({ stop: () => backend.close() });
    return backend;
  };
  const allow = (server: { cli(...words: string[]): Promise<string> }, ...rights: string[]) =>
    server.cli("ACL", "SETUSER", "app", "reset", "on", ">secret", "~holdall:*", "+@all", ...rights);

  it.each([
    ["-zadd", "ZADD"],
    ["-hdel", "HDEL"],
    ["-xtrim", "XTRIM"],
    ["-unlink", "UNLINK"],
    ["resetchannels", "SPUBLISH"],
  ])("with %s may not do all that a commit does: that is told at opening, before any commit is left in half", async (right, command) => {
    const server = await keep(startRedis({ durable: false }));
    const replica = await openReplica(backendOn(server));
    await replica.number(put("a", "1"));
    await allow(server, "allchannels", right);
    const refusal = { code: "INVALID_ARGUMENT", message: expect.stringContaining(command) };
    await expect(openReplica(userOf(server))).rejects.toMatchObject(refusal);
    await allow(server, "allchannels");
    expect(await (await openReplica(userOf(server))).commit([del("a")])).toMatchObject({ type: "committed", number: 2 });
  });

  it.each([
    ["-hset", [put("a", "2")]],
    ["-xadd", [put("a", "2")]],
    ["resetchannels", [put("a", "2")]],
    ["-zadd", [put("b", "1")]],
    ["-zrem", [del("a")]],
    ["-hdel", [del("a")]],
    ["-xtrim", [put("a", "2")]],
    ["-unlink", [{ type: "clear" as const, prefix: "" }]],
  ])("with %s from now on has its commit refused whole, and the store goes on when the right is back", async (right, operations) => {
    const server = await keep(startRedis({ durable: false }));
    await allow(server, "allchannels");
    const backend = redis({ url: `redis://app:secret@127.0.0.1:${server.port}`, log: { commits: 1 } });
    keep({ stop: () => backend.close() });
    const replica = await openReplica(backend);
    await replica.number(put("a", "1"));
    await allow(server, "allchannels", right);
    expect(await replica.commit(operations)).toMatchObject({ type: "refused", code: "INVALID_ARGUMENT" });
    await allow(server, "allchannels");
    expect(await replica.texts()).toEqual({ a: "1" });
    expect(await replica.commit(operations)).toMatchObject({ type: "committed", number: 2 });
  });

  // What a script is forbidden was taken for a server that is away: a commit was sent again for ever.
  it.each(["-hlen", "-hmget", "-time"])(
    "with %s, which only reads, is refused for good, and not told that the server is away",
    async (right) => {
      const server = await keep(startRedis({ durable: false }));
      await allow(server, "allchannels");
      const replica = await openReplica(userOf(server));
      await allow(server, "allchannels", right);
      expect(await replica.commit([put("a", "1")])).toMatchObject({ type: "refused", code: "INVALID_ARGUMENT" });
      await allow(server, "allchannels");
      expect(await replica.commit([put("a", "1")])).toMatchObject({ type: "committed", number: 1 });
    },
  );

  // The store had gone by then, and nobody who followed it was told.
  it.each(["resetchannels", "-unlink"])("with %s that removes a store is refused, and the store stays", async (right) => {
    const server = await keep(startRedis({ durable: false }));
    await allow(server, "allchannels");
    const replica = await openReplica(userOf(server));
    await replica.number(put("a", "1"));
    await allow(server, "allchannels", right);
    await expect(userOf(server).remove({ name: "orders" })).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    expect(await replica.texts()).toEqual({ a: "1" });
  });

  it("that is refused while a commit is sent again has not been refused that commit: it may have been applied", async () => {
    const server = await keep(startRedis({ durable: false }));
    await allow(server, "allchannels");
    const replica = await openReplica(userOf(server));
    const request = replica.request([put("a", "1")]);
    // The answer is lost, as far as the replica knows.
    const first = await replica.store.commit(request);
    await server.cli("ACL", "SETUSER", "app", "off");
    await server.cli("CLIENT", "KILL", "USER", "app");
    const again = { ...request, isRetry: true };
    const rejected = () =>
      replica.store.commit(again).then(
        () => undefined,
        (error) => error,
      );
    await expect.poll(rejected).toMatchObject({ code: "INVALID_ARGUMENT" });
    // Loggers print all that is in an error; what was written is not.
    expect(inspect(await rejected(), { depth: 9 })).not.toMatch(/Buffer|command|holdall:/);
    await server.cli("ACL", "SETUSER", "app", "on");
    expect(await replica.store.commit(again)).toEqual(first);
  });
});

describe("a server that is busy with a script", () => {
  it("is UNAVAILABLE, also where it was to be looked at first, and that passes", async () => {
    const server = await keep(startRedis({ durable: false, flags: ["--busy-reply-threshold", "1"] }));
    const backend = backendOn(server);
    await openReplica(backend);
    await server.cli("CLIENT", "KILL", "TYPE", "normal");
    const busy = server.cli("EVAL", "while true do end", "0").catch(() => {});
    await expect.poll(() => server.cli("PING").catch(String)).toContain("BUSY");
    for (let time = 0; time < 2; time++) await expect(openReplica(backend)).rejects.toMatchObject({ code: "UNAVAILABLE" });
    await server.cli("SCRIPT", "KILL");
    await busy;
    expect(await (await openReplica(backend)).number(put("a", "1"))).toBe(1);
  });
});

describe("options", () => {
  it("are refused at once where they make no sense, naming the one and quoting none", () => {
    const strange: [options: unknown, name: string][] = [
      ["redis://prod", "options"],
      [null, "options"],
      [{ url: 5 }, "url"],
      [{ url: [] }, "url"],
      [{ url: ["redis://one", 5] }, "url"],
      [{ url: "http://user:secret@prod" }, "url"],
      [{ url: "redis://" }, "url"],
      [{ url: "redis://one", client: { duplicate() {} } }, "client"],
      [{ client: {} }, "client"],
      [{ prefix: 5 }, "prefix"],
      [{ prefix: "{a}" }, "prefix"],
      [{ log: 5 }, "log"],
      [{ durability: "always" }, "durability"],
    ];
    for (const [options, name] of strange) {
      const refusal = expect(() => redis(options as RedisOptions), JSON.stringify(options));
      refusal.toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT", message: expect.stringContaining(name) }));
      expect(() => redis(options as RedisOptions)).not.toThrow("secret");
    }
    const outOfRange: [options: RedisOptions, name: string][] = [
      [{ replicas: -1 }, "replicas"],
      [{ durability: "replicated", replicas: 0 }, "replicas"],
      [{ commandTimeout: 0 }, "commandTimeout"],
      [{ log: { commits: 1.5 } }, "log.commits"],
    ];
    for (const [options, name] of outOfRange) {
      expect(() => redis(options)).toThrow(expect.objectContaining({ code: "OUT_OF_RANGE", message: expect.stringContaining(name) }));
    }
  });

  it("ask for replication by the contract's word too: one replica, or as many as are named", () => {
    for (const options of [{ durability: "replicated" }, { durability: "replicated", replicas: 2 }, { replicas: 1 }] as const) {
      expect(redis(options).capabilities.durability).toBe("replicated");
    }
  });
});

describe("what is not Holdall's, or damaged", () => {
  /** A server that tells a digest of all that it holds. */
  const start = () => keep(startRedis({ durable: false, flags: ["--enable-debug-command", "local"] }));
  async function digest(server: { cli(...words: string[]): Promise<string> }): Promise<string> {
    const told = await server.cli("DEBUG", "DIGEST");
    expect(told).toMatch(/^[0-9a-f]{40}$/);
    return told;
  }

  const parts: readonly (readonly [what: string, command: readonly string[], named: RegExp])[] = [
    ["a store of somebody else", ["HSET", "holdall:{orders}:store", "format", "other"], /not one of Holdall/],
    ["a store of another type", ["SET", "holdall:{orders}:store", "text"], /another type/],
    ["data without a store", ["HSET", "holdall:{orders}:values", "a", "1"], /holdall:\{orders\}:values/],
  ];
  it.each(parts)("%s is CORRUPTED at opening, and stays as it is", async (_, command, named) => {
    const server = await start();
    await server.cli(...command);
    const before = await digest(server);
    await expect(openReplica(backendOn(server))).rejects.toMatchObject({ code: "CORRUPTED", message: expect.stringMatching(named) });
    expect(await digest(server)).toBe(before);
  });

  const damages: readonly (readonly [what: string, command: readonly string[]])[] = [
    ["a value that is gone", ["HDEL", "holdall:{orders}:values", "a"]],
    ["an entry that nobody committed", ["HSET", "holdall:{orders}:values", "foreign", "1"]],
    ["a cell that says nothing", ["HSET", "holdall:{orders}:cells", "a", "nothing"]],
    ["a log that is gone", ["DEL", "holdall:{orders}:log"]],
    ["a record that says nothing", ["HSET", "holdall:{orders}:store", "replica:replica-1", "nothing"]],
    ["a log that goes further", ["XADD", "holdall:{orders}:log", "99-0", "a", "b"]],
    ["a store that is not whole", ["HDEL", "holdall:{orders}:store", "mark"]],
    ["deadlines of another type", ["SET", "holdall:{orders}:deadlines", "1"]],
    ["metadata of another type", ["SET", "holdall:{orders}:metadata", "1"]],
  ];
  it.each(damages)("%s refuses commits with CORRUPTED, and stays as it is", async (_, command) => {
    const server = await start();
    const replica = await openReplica(backendOn(server), { replica: "replica-1" });
    await replica.number(put("a", "1"), put("b", "2"));
    await server.cli(...command);
    const before = await digest(server);
    expect(await replica.commit([put("a", "2", 60_000, { addTag: "t" })])).toMatchObject({ type: "refused", code: "CORRUPTED" });
    expect(await digest(server)).toBe(before);
  });

  it("an entry that is not whole rejects loading with CORRUPTED, naming its key", async () => {
    const server = await start();
    const replica = await openReplica(backendOn(server));
    await replica.number(put("a", "1"), put("b", "2"));
    await server.cli("HSET", "holdall:{orders}:cells", "b", "nothing");
    await expect(replica.contents()).rejects.toMatchObject({ code: "CORRUPTED", key: "b" });
    await server.cli("HDEL", "holdall:{orders}:cells", "b");
    await expect(replica.contents()).rejects.toMatchObject({ code: "CORRUPTED" });
  });
});
