/** A connection that breaks, stalls or is slow is UNAVAILABLE to its callers, never a commit twice; and what follows says that it has broken off. */
import { afterEach, describe, expect, it } from "vitest";
import { redis } from "../../../ts/backends/redis/index.js";
import type { RedisOptions } from "../../../ts/backends/redis/options.js";
import { startProxy } from "../../servers/proxy.js";
import { startRedis } from "../../servers/redis.js";
import { budget, cleanup, directTo, Follower, openReplica, put, urlOf } from "./support.js";

const keep = cleanup(afterEach);

/** A replica behind a proxy, which has committed once. */
async function behindProxy(options: RedisOptions = {}) {
  const server = await keep(startRedis());
  const proxy = await keep(startProxy(server.port));
  const backend = redis({ url: urlOf(proxy), ...options });
  keep({ stop: () => backend.close() });
  const replica = await openReplica(backend);
  await replica.number(put("count", "0"));
  return { server, proxy, replica };
}

describe("a connection that is cut in mid-commit", () => {
  it("after the server has heard it: the same counter again gives the first answer", async () => {
    const { proxy, replica } = await behindProxy();
    for (let at = 1; at <= budget("HOLDALL_REDIS_CUTS", 20); at++) {
      proxy.stall("down");
      const answered = proxy.heard("down");
      const committing = replica.commit([put("count", String(at)), put(`key:${at}`, "1")]);
      await answered;
      proxy.cut();
      proxy.heal();
      await expect(committing).rejects.toMatchObject({ code: "UNAVAILABLE" });
      const again = await replica.commit([put("count", String(at)), put(`key:${at}`, "1")], { counter: replica.counter, isRetry: true });
      expect(again).toMatchObject({ type: "committed", number: at + 1, after: at, changed: true });
    }
  });

  it("before the server has heard it: the same counter again applies it", async () => {
    const { proxy, replica } = await behindProxy();
    proxy.stall("up");
    const sent = proxy.heard("up");
    const committing = replica.commit([put("count", "1")]);
    await sent;
    proxy.cut();
    proxy.heal();
    await expect(committing).rejects.toMatchObject({ code: "UNAVAILABLE" });
    expect((await replica.store.head()).number).toBe(1);
    const again = await replica.commit([put("count", "1")], { counter: replica.counter, isRetry: true });
    expect(again).toMatchObject({ type: "committed", number: 2, changed: true });
  });

  it("at any moment, under load: each commit is applied once, in its order", async () => {
    const { server, proxy, replica } = await behindProxy();
    const rounds = budget("HOLDALL_REDIS_CUTS", 20) * 10;
    let retries = 0;
    for (let at = 1; at <= rounds; at++) {
      if (at % 5 === 0) setTimeout(() => proxy.cut(), (at * 7) % 3);
      const counter = ++replica.counter;
      for (let isRetry = false; ; isRetry = true) {
        try {
          const answer = await replica.commit([put("count", String(at))], { counter, isRetry });
          expect(answer).toMatchObject({ type: "committed", number: at + 1 });
          break;
        } catch (error) {
          expect(error).toMatchObject({ code: "UNAVAILABLE" });
          retries++;
        }
      }
    }
    expect(retries).toBeGreaterThan(0);
    const direct = directTo(server);
    expect(await direct.xlen("holdall:{orders}:log")).toBe(rounds + 1);
    direct.disconnect();
  });

  it("tells who follows that it has broken off, and it goes on from there", async () => {
    const { proxy, replica } = await behindProxy();
    const follower = new Follower(replica.store, 0);
    await follower.reach(1);
    proxy.cut();
    expect(await follower.ended()).toBe("failed");
    const next = new Follower(replica.store, 1);
    const number = await replica.number(put("a", "1"));
    expect((await next.reach(number)).commits.map((commit) => commit.number)).toEqual([2]);
  });
});

describe("a server that is slow", () => {
  it("is waited for as long as a command may take, and is UNAVAILABLE beyond", async () => {
    const { proxy, replica } = await behindProxy({ commandTimeout: 2_000 });
    proxy.delay(40);
    expect(await replica.number(put("count", "1"))).toBe(2);
    proxy.heal();
    proxy.stall();
    const began = Date.now();
    await expect(replica.commit([put("count", "2")])).rejects.toMatchObject({ code: "UNAVAILABLE" });
    expect(Date.now() - began).toBeLessThan(20_000);
    proxy.heal();
    // What was held back may reach the server late, and then it is the first to arrive: either way it is applied once.
    const again = await replica.commit([put("count", "2")], { counter: replica.counter, isRetry: true });
    expect(again).toMatchObject({ type: "committed", number: 3, changed: true });
    expect((await replica.store.head()).number).toBe(3);
  });

  it("that stops answering is UNAVAILABLE, and goes on when it is back", async () => {
    const { server, replica } = await behindProxy({ commandTimeout: 2_000 });
    server.pause();
    await expect(replica.commit([put("count", "1")])).rejects.toMatchObject({ code: "UNAVAILABLE" });
    await expect(replica.store.head()).rejects.toMatchObject({ code: "UNAVAILABLE" });
    server.resume();
    const answer = await replica.commit([put("count", "1")], { counter: replica.counter, isRetry: true });
    expect(answer).toMatchObject({ type: "committed", number: 2 });
  });
});
