/** Promises of contract 14: when the server or the network fails, calls say so in time, nothing is sent twice, and work goes on when it can. */
import { inspect } from "node:util";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import type { DataStore, DataStoreOptions, UnavailableError } from "../../ts/datastore/index.js";
import { refusal } from "../refusal.js";
import { startProxy, type TcpProxy } from "../servers/proxy.js";
import { isPending, redisForTests } from "./support.js";

const { server, subject } = redisForTests({ durable: true });
/** Long enough for what has to succeed within it, on a machine that is busy with others. */
const commandTimeout = 1_500;
/** What such a machine may add to what ends in time: far less than what else there is to wait for. */
const slack = 12_000;

// Loading the client is no part of a call's time, and none of what these tests measure.
beforeAll(() => import("ioredis"));

const proxies: TcpProxy[] = [];
afterEach(async () => {
  for (const proxy of proxies.splice(0)) {
    proxy.heal();
    await proxy.stop();
  }
});

async function behindProxy(options: DataStoreOptions = {}): Promise<{ readonly proxy: TcpProxy; readonly data: DataStore }> {
  const proxy = await startProxy(server().port);
  proxies.push(proxy);
  return { proxy, data: subject.open({ port: proxy.port, commandTimeout, ...options }) };
}

async function unavailable(promise: Promise<unknown>): Promise<UnavailableError & { readonly took: number }> {
  const began = performance.now();
  const error = await refusal<UnavailableError>(promise, "UNAVAILABLE");
  return Object.assign(error, { took: performance.now() - began });
}

describe("a server that cannot be reached", () => {
  it("is UNAVAILABLE within commandTimeout, for every call, and nothing was done", async () => {
    const { proxy, data } = await behindProxy();
    proxy.refuse();
    const { queue, cache, connection } = data;
    const calls = [
      queue.push("q", 1),
      queue.pop("q"),
      queue.pop("q", 0),
      queue.reserve("q", { timeout: 60 }),
      queue.length("q"),
      cache.get("k"),
      cache.set("k", 1),
      connection.ensureConnection(),
    ];
    for (const { outcome, took } of await Promise.all(calls.map(unavailable))) {
      expect(outcome).toBe("not done");
      expect(took).toBeLessThan(commandTimeout + slack);
    }
    proxy.heal();
    expect([await queue.length("q"), await cache.exists("k")]).toEqual([0, false]);
  });

  it("that comes back within the time of a call is a call like any other", async () => {
    const { proxy, data } = await behindProxy({ commandTimeout: 30_000 });
    proxy.refuse();
    const pushing = data.queue.push("q", 1);
    expect(await isPending(pushing, 150)).toBe(true);
    proxy.heal();
    expect(await pushing).toBe(1);
  });

  it("is not run down: attempts keep their distance", async () => {
    const { proxy, data } = await behindProxy({ commandTimeout: 3_000 });
    let attempts = 0;
    proxy.refuse();
    const counting = (async () => {
      for (;;) {
        await proxy.refused();
        attempts += 1;
      }
    })();
    await Promise.all(Array.from({ length: 50 }, () => unavailable(data.queue.push("q", 1))));
    void counting;
    expect(attempts).toBeGreaterThan(2);
    expect(attempts).toBeLessThan(12);
  });

  it("that accepts and says nothing is UNAVAILABLE too", async () => {
    const { proxy, data } = await behindProxy();
    proxy.stall();
    const { outcome, took } = await unavailable(data.queue.push("q", 1));
    expect(outcome).toBe("not done");
    expect(took).toBeLessThan(commandTimeout + slack);
  });
});

describe("an answer that does not come", () => {
  it("leaves the outcome of a push unknown, and it is never sent again", async () => {
    const { proxy, data } = await behindProxy();
    await data.connection.ensureConnection();
    proxy.stall("down");
    const pushing = unavailable(data.queue.push("q", "secret payload"));
    const { outcome, took, ...error } = await pushing;
    expect([outcome, inspect(error).includes("secret payload")]).toEqual(["unknown", false]);
    expect(took).toBeGreaterThanOrEqual(commandTimeout - 5);
    expect(took).toBeLessThan(commandTimeout + slack);
    proxy.heal();
    await data.queue.push("q", "next");
    expect(await server().cli("LRANGE", "datastore:queue:q", "0", "-1")).toBe('"next"\n"secret payload"');
  });

  it("because the connection was cut leaves the outcome unknown, and it is never sent again", async () => {
    const { proxy, data } = await behindProxy({ commandTimeout: 40_000 });
    await data.connection.ensureConnection();
    proxy.stall("down");
    const pushes = Array.from({ length: 20 }, (_, at) => unavailable(data.queue.push("q", at)));
    await proxy.heard("down");
    proxy.cut();
    proxy.heal();
    for (const { outcome, took } of await Promise.all(pushes)) {
      expect(outcome).toBe("unknown");
      // By the cut, not by the time that it may take.
      expect(took).toBeLessThan(20_000);
    }
    expect(await data.queue.push("q", "next")).toBe(21);
    expect(await data.queue.length("q")).toBe(21);
  });

  it("because this process was busy is no failure", async () => {
    // Not behind a proxy, which would be in this process and as busy.
    const data = subject.open({ commandTimeout });
    await data.connection.ensureConnection();
    const pushing = data.queue.push("q", 1);
    await new Promise(setImmediate);
    for (const until = performance.now() + commandTimeout + 100; performance.now() < until; );
    expect(await pushing).toBe(1);
  });

  it("that is late does not belong to a later call, and later calls get another connection", async () => {
    const { proxy, data } = await behindProxy();
    await data.cache.set("a", "a");
    await data.cache.set("b", "b");
    proxy.stall("down");
    const reading = unavailable(data.cache.get("a"));
    await reading;
    proxy.heal();
    expect([await data.cache.get("b"), await data.cache.get("a")]).toEqual(["b", "a"]);
  });
});

describe("a connection that is lost", () => {
  it("comes back at the next call", async () => {
    const { proxy, data } = await behindProxy();
    await data.queue.push("q", 1);
    for (let round = 0; round < 5; round += 1) {
      proxy.cut();
      expect(await data.queue.length("q")).toBe(1);
    }
  });

  it("does not end the waiting for a reservation on it", async () => {
    const { proxy, data } = await behindProxy({ commandTimeout: 20_000 });
    const waiting = data.queue.reserve("r", { timeout: 60 });
    await subject.waiting(1);
    proxy.cut();
    await isPending(waiting, 150);
    await data.queue.push("r", "reserved");
    expect(await waiting).toMatchObject({ value: "reserved" });
  });

  // The answer was taken for none: pop waited on, and gave null, while its item was gone.
  it("ends the waiting of pop with an unknown outcome, since it may have had an item", async () => {
    const { proxy, data } = await behindProxy({ commandTimeout: 20_000 });
    const waiting = unavailable(data.queue.pop("p", 60));
    await subject.waiting(1);
    proxy.stall("down");
    const answered = proxy.heard("down");
    await server().cli("LPUSH", "datastore:queue:p", '"item"');
    await answered;
    proxy.cut();
    proxy.heal();
    expect((await waiting).outcome).toBe("unknown");
    expect(await server().cli("LLEN", "datastore:queue:p")).toBe("0");
  });

  it("and cannot be had anew in time does not make pop wait longer than it was told to", async () => {
    const { proxy, data } = await behindProxy({ commandTimeout: 30_000 });
    await data.queue.length("q");
    // The connection that there is goes on; new ones are accepted, and nothing is said on them.
    proxy.ignoreNew();
    const began = performance.now();
    expect([await data.queue.pop("q", 0.1), await data.queue.reserve("q", { timeout: 0.1 })]).toEqual([null, null]);
    expect(performance.now() - began).toBeLessThan(200 + slack);
  });

  it("and does not come back ends the waiting with UNAVAILABLE", async () => {
    const { proxy, data } = await behindProxy();
    const waiting = [data.queue.pop("p"), data.queue.reserve("r")].map(unavailable);
    await subject.waiting(2);
    proxy.refuse();
    await Promise.all(waiting);
  });

  it("without a word ends the waiting with UNAVAILABLE as well", async () => {
    const { proxy, data } = await behindProxy();
    const waiting = [data.queue.pop("p"), data.queue.reserve("r")].map(unavailable);
    await subject.waiting(2);
    proxy.stall();
    await Promise.all(waiting);
  });
});

describe("a server that is killed and started again", () => {
  it("is connected again, and has what it acknowledged, reservations too", async () => {
    const data = subject.open({ commandTimeout: 30_000 });
    for (const item of ["a", "b"]) await data.queue.push("q", item);
    const reservation = await data.queue.reserve("q", { visibility: 600 });
    await data.cache.set("k", 1, 600);
    const waiting = data.queue.reserve("w", { timeout: 90 });
    await subject.waiting(1);
    await server().kill();
    const pushing = data.queue.push("q", "c");
    await server().start();
    // Sent before the server was gone, or after it was back.
    await pushing.catch((error) => expect(error).toMatchObject({ code: "UNAVAILABLE", outcome: "unknown" }));
    expect([await data.cache.get("k"), await data.queue.pop("q", 0)]).toEqual([1, "b"]);
    if (reservation !== null) await data.queue.ack(reservation);
    await data.queue.push("w", "still here");
    expect(await waiting).toMatchObject({ value: "still here" });
  });

  it("says nothing while it stands still, and then goes on", async () => {
    const data = subject.open({ commandTimeout });
    await data.queue.push("q", 1);
    server().pause();
    try {
      const { outcome } = await unavailable(data.queue.push("q", 2));
      expect(outcome).toBe("unknown");
    } finally {
      server().resume();
    }
    await expect.poll(() => data.queue.length("q").catch(() => 0)).toBe(2);
  });
});

describe("a server without memory", () => {
  it("refuses with QUOTA_EXCEEDED, and lets consumers drain it", async () => {
    const data = subject.open();
    const text = "x".repeat(10_000);
    for (let at = 0; at < 50; at += 1) await data.queue.push("q", { at, text });
    await server().cli("CONFIG", "SET", "maxmemory", "1mb");
    try {
      const calls = [data.queue.push("q", 1), data.queue.push("q", 1, { maxLength: 1_000 }), data.cache.set("k", 1)];
      for (const call of calls) await refusal(call, "QUOTA_EXCEEDED");
      const reservations = [];
      for (let at = 0; at < 10; at += 1) reservations.push(await data.queue.reserve<{ at: number }>("q"));
      expect(reservations.map((one) => one?.value.at)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
      const [first, second] = reservations;
      if (first) await data.queue.renew(first);
      if (first) await data.queue.ack(first);
      if (second) await data.queue.nack(second);
      expect(await data.queue.pop<{ at: number }>("q", 0)).toMatchObject({ at: 1 });
      const waiting = data.queue.reserve("empty", { timeout: 0.4 });
      expect(await waiting).toBe(null);
      expect(await data.queue.length("q")).toBe(40);
    } finally {
      await server().cli("CONFIG", "SET", "maxmemory", "0");
    }
    expect(await data.queue.push("q", 1)).toBe(41);
  });
});
