/** `openStore` on Redis: replicas in the face of cut connections, a killed server and one without memory end the same, and each caller hears of its own. */
import { afterEach, describe, expect, it } from "vitest";
import { redis } from "../../../ts/backends/redis/index.js";
import { openStore } from "../../../ts/index.js";
import { startProxy } from "../../servers/proxy.js";
import { startRedis } from "../../servers/redis.js";
import { budget, cleanup, urlOf } from "./support.js";

const keep = cleanup(afterEach);

async function opened(target: { readonly port: number }, scope?: string) {
  const backend = redis({ url: urlOf(target), commandTimeout: 5_000, maxCommitBytes: 4 * 2 ** 20 });
  const store = await openStore({ backend, name: "orders", ...(scope !== undefined && { scope }) });
  keep({
    async stop() {
      await store.close();
      await backend.close();
    },
  });
  return store;
}

describe("several replicas", () => {
  it("see each other's writes, conditional ones are exact, and a scope has its own", async () => {
    const server = await keep(startRedis());
    const [one, other, users] = [await opened(server), await opened(server), await opened(server, "user")];
    one.set("user:1", { name: "Ada" }, { ttl: "1h", tags: ["a"] });
    one.set("order:1", 12);
    await one.flush();
    await Promise.all([other.sync(), users.sync()]);
    expect([other.get("user:1"), other.get("order:1"), other.hasTag("user:1", "a")]).toEqual([{ name: "Ada" }, 12, true]);
    expect([[...users.keys()], users.get("1")]).toEqual([["1"], { name: "Ada" }]);
    await Promise.all([one, other].map((store) => Promise.all(Array.from({ length: 20 }, () => store.increment("count", 1)))));
    await Promise.all([one.sync(), other.sync()]);
    expect([one.get("count"), other.get("count")]).toEqual([40, 40]);
    const { version = 0 } = one.meta("order:1") ?? {};
    const outcomes = await Promise.allSettled([
      one.compareAndSet("order:1", 13, { version }),
      other.compareAndSet("order:1", 14, { version }),
    ]);
    expect(outcomes.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
  });
});

describe("a connection that is cut, and a server that is killed, under load", () => {
  it("cost nothing that was acknowledged: all replicas end the same, with every increment once", async () => {
    const server = await keep(startRedis());
    const proxies = [await keep(startProxy(server.port)), await keep(startProxy(server.port))];
    const stores = [...(await Promise.all(proxies.map((proxy) => opened(proxy)))), await opened(server)];
    const rounds = budget("HOLDALL_REDIS_ROUNDS", 40);
    let cuts = 0;
    const working = stores.map(async (store, index) => {
      for (let at = 1; at <= rounds; at++) {
        store.set(`${index}:latest`, at);
        await store.increment("sum", 1);
        await store.transaction(
          (tx) => {
            tx.set("from", Number(tx.get("from") ?? 0) - 1);
            tx.set("to", Number(tx.get("to") ?? 0) + 1);
          },
          { retries: 1_000 },
        );
        if (index < 2 && at % 7 === 0) {
          proxies[index]?.cut();
          cuts++;
        }
        if (index === 2 && at === rounds / 2) await server.restart();
      }
      await store.flush();
    });
    await Promise.all(working);
    expect(cuts).toBeGreaterThan(0);
    await Promise.all(stores.map((store) => store.sync()));
    const contents = stores.map((store) => Object.fromEntries(store.entries()));
    expect(contents[0]).toMatchObject({
      sum: rounds * 3,
      from: -rounds * 3,
      to: rounds * 3,
      "0:latest": rounds,
      "1:latest": rounds,
      "2:latest": rounds,
    });
    for (const each of contents) expect(each).toEqual(contents[0]);
  });
});

describe("a server out of memory", () => {
  it("refuses to its caller alone, and what was there is shown again", async () => {
    const server = await keep(startRedis({ durable: false, maxMemory: "5mb" }));
    const store = await opened(server);
    store.set("small", 1);
    await store.flush();
    const large = "x".repeat(3_000_000);
    const [refused, accepted] = await Promise.allSettled([store.setAndWait("large", large), store.setAndWait("small", 2)]);
    expect(refused).toMatchObject({ status: "rejected", reason: { code: "QUOTA_EXCEEDED" } });
    expect(accepted?.status).toBe("fulfilled");
    expect([store.get("large"), store.get("small")]).toEqual([undefined, 2]);
  });
});
