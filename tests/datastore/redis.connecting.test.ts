/** Promises of contract 14: connections are made when they are needed, once, as few as said, and to nothing but what was asked for. */
import { tmpdir } from "node:os";
import { afterEach, describe, expect, it } from "vitest";
import { DataStore, type UnavailableError } from "../../ts/datastore/index.js";
import { refusal } from "../refusal.js";
import { startProxy, type TcpProxy } from "../servers/proxy.js";
import { startRedis } from "../servers/redis.js";
import { programs } from "./process.support.js";
import { isPending, redisForTests } from "./support.js";

const { server, subject } = redisForTests();

let proxy: TcpProxy | undefined;
afterEach(async () => {
  await proxy?.stop();
  proxy = undefined;
});

async function counted(options: object = {}) {
  proxy = await startProxy(server().port);
  return { proxy, data: subject.open({ port: proxy.port, ...options }) };
}

describe("a connection", () => {
  it("is made by the first call and not before, and by many first calls together once", async () => {
    const { proxy, data } = await counted();
    expect(proxy.connections).toBe(0);
    await Promise.all([data.connection.ensureConnection(), data.queue.push("q", 1), data.cache.get("k"), data.queue.pop("q", 0)]);
    expect(proxy.connections).toBe(1);
    await data.connection.close();
    await expect.poll(() => proxy.connections).toBe(0);
    await Promise.all([data.queue.length("q"), data.queue.length("q")]);
    expect(proxy.connections).toBe(1);
    await data.close();
    await expect.poll(() => proxy.connections).toBe(0);
  });

  it("is left alone by a program that makes a DataStore and uses it not", async () => {
    const made = await programs();
    try {
      const idle = made.run("new DataStore({ port }); console.log('ended');", server().port);
      expect(await idle.end()).toEqual(["ended"]);
    } finally {
      made.remove();
    }
  });

  it("goes by a unix socket and by further options of the client, where they are given", async () => {
    const secured = await startRedis({ durable: false });
    await secured.cli("ACL", "SETUSER", "ada", "on", ">secret", "~*", "+@all");
    const data = new DataStore({ password: "secret", redis: { path: secured.socket, username: "ada" } });
    try {
      expect(await data.queue.push("q", 1)).toBe(1);
    } finally {
      await data.close();
      await secured.stop();
    }
  });
});

describe("the pool", () => {
  it("bounds the connections that wait, and a call beyond waits for one within its time", async () => {
    const { proxy, data } = await counted({ poolSize: 2 });
    const waiting = [data.queue.pop("a", 90), data.queue.reserve("b", { timeout: 90 })];
    await subject.waiting(2);
    const began = performance.now();
    expect(await data.queue.pop("c", 0.3)).toBe(null);
    expect(performance.now() - began).toBeGreaterThanOrEqual(298);
    const beyond = data.queue.pop("c", 90);
    expect(await isPending(beyond, 100)).toBe(true);
    expect(proxy.connections).toBe(3);
    // The next call that ends makes room for it.
    await data.queue.push("a", "first");
    expect(await waiting[0]).toBe("first");
    await data.queue.push("c", "beyond");
    expect(await beyond).toBe("beyond");
    await data.queue.push("b", "second");
    expect(await waiting[1]).toMatchObject({ value: "second" });
    expect(proxy.connections).toBe(3);
  });

  it("lets more calls than it has connections come in turn", async () => {
    const { proxy, data } = await counted({ poolSize: 3 });
    const waiting = Array.from({ length: 20 }, () => data.queue.pop<number>("q", 90));
    await subject.waiting(3);
    for (let at = 0; at < 20; at += 1) await data.queue.push("q", at);
    expect((await Promise.all(waiting)).sort((one, other) => (one ?? 0) - (other ?? 0))).toEqual(Array.from({ length: 20 }, (_, at) => at));
    expect(proxy.connections).toBe(4);
  });

  it("replaces connections that were cut", async () => {
    const { proxy, data } = await counted({ poolSize: 2 });
    for (let round = 0; round < 4; round += 1) {
      const waiting = ["a", "b"].map(async (name) => (await data.queue.reserve(name, { timeout: 90 }))?.value);
      await subject.waiting(2);
      if (round % 2 === 0) proxy.cut();
      await isPending(Promise.race(waiting), 150);
      await Promise.all([data.queue.length("a"), data.queue.push("a", round).catch(() => data.queue.push("a", round))]);
      await data.queue.push("b", round);
      expect(await Promise.all(waiting)).toEqual([round, round]);
    }
  });
});

describe("options of the client", () => {
  it("count where those of the DataStore are not given", async () => {
    const { port } = server();
    const data = new DataStore({ redis: { port, db: 3 } });
    try {
      await data.queue.push("q", 1);
      expect(await server().cli("-n", "3", "LLEN", "datastore:queue:q")).toBe("1");
    } finally {
      await data.close();
    }
    expect(await subject.open({ redis: { port: 1, db: 3 }, db: 0 }).queue.length("q")).toBe(0);
  });

  it("have no prefix of their own, which scripts and commands would go by differently", () => {
    expect(() => new DataStore({ redis: { keyPrefix: "mine:" } })).toThrow(
      expect.objectContaining({ code: "INVALID_ARGUMENT", message: expect.stringContaining("keyPrefix") }),
    );
  });
});

describe("a server that refuses us", () => {
  it("is UNAVAILABLE at once, with what it says as the cause", async () => {
    const locked = await startRedis({ durable: false, flags: ["--requirepass", "secret"] });
    const commandTimeout = 60_000;
    const open = (options: object) => new DataStore({ port: locked.port, commandTimeout, ...options });
    const stores = [open({}), open({ password: "wrong" }), open({ password: "secret", db: 99 })];
    const opened = open({ password: "secret", db: 2 });
    try {
      const began = performance.now();
      for (const data of stores) {
        const error = await refusal<UnavailableError>(data.queue.push("q", 1), "UNAVAILABLE");
        expect([error.outcome, (error.cause as Error).message]).toEqual([
          "not done",
          expect.stringMatching(/^(?:NOAUTH|WRONGPASS|ERR DB index)/),
        ]);
        expect(error.message).not.toMatch(/secret|wrong/);
      }
      // None of them was tried for as long as a call may take.
      expect(performance.now() - began).toBeLessThan(commandTimeout / 2);
      expect(await opened.queue.push("q", 1)).toBe(1);
      // A database that is refused is not another one.
      expect(await locked.cli("-a", "secret", "--no-auth-warning", "DBSIZE")).toBe("0");
    } finally {
      await Promise.all([...stores, opened].map((data) => data.close()));
      await locked.stop();
    }
  });
});

describe("the client", () => {
  it("is asked for by name where it is missing, at the first call", async () => {
    const made = await programs(tmpdir());
    try {
      const program = `
        const memory = DataStore.memory();
        await memory.queue.push("q", 1);
        const data = new DataStore({ port });
        for (const call of [() => data.queue.push("q", 1), () => data.queue.pop("q"), () => data.connection.ensureConnection()]) {
          try { await call(); } catch (error) { console.log(error.code, error.message.includes("npm install ioredis")); }
        }
        await data.close();`;
      expect(await made.run(program, server().port).end()).toEqual(Array(3).fill("CLIENT_MISSING true"));
    } finally {
      made.remove();
    }
  });
});

describe("options", () => {
  it.each<[object, string]>([
    [{ host: 7 }, "INVALID_ARGUMENT"],
    [{ port: 0 }, "OUT_OF_RANGE"],
    [{ port: "6379" }, "INVALID_ARGUMENT"],
    [{ db: -1 }, "OUT_OF_RANGE"],
    [{ poolSize: 0 }, "OUT_OF_RANGE"],
    [{ prefix: null }, "INVALID_ARGUMENT"],
    [{ commandTimeout: 0 }, "OUT_OF_RANGE"],
    [{ maxLength: 0 }, "OUT_OF_RANGE"],
    [{ redis: "redis://" }, "INVALID_ARGUMENT"],
  ])("that are none are refused: %j", (options, code) => {
    expect(() => new DataStore(options)).toThrow(expect.objectContaining({ code }));
  });

  it("need not be given", async () => {
    expect(() => new DataStore(5 as never)).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
    expect(() => DataStore.memory({ clock: {} as never })).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
    await new DataStore().close();
    await DataStore.memory().close();
  });
});
