/** A store that is removed leaves no key, on one server and on a Cluster; a removal that arrives late removes nothing. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { redis } from "../../../ts/backends/redis/index.js";
import { placeOf } from "../../../ts/backends/redis/layout.js";
import { type RedisCluster, type RedisServer, startRedis, startRedisCluster } from "../../servers/redis.js";
import { withoutLooks } from "./looking.js";
import { directTo, openReplica, put, urlOf } from "./support.js";

let server: RedisServer;
let cluster: RedisCluster;
beforeAll(async () => {
  [server, cluster] = await Promise.all([startRedis({ durable: false }), startRedisCluster()]);
});
afterAll(() => Promise.all([server.stop(), cluster.stop()]));

const whole = [put("a", "1", 60_000, { addTag: "t", setProperty: ["p", { encoding: 0, bytes: new Uint8Array([1]) }] }), put("b", "2")];

describe("removing a store", () => {
  it("leaves none of its keys, and all of another's", async () => {
    const backend = redis({ url: urlOf(server), prefix: "removal" });
    for (const name of ["goes", "stays"]) expect(await (await openReplica(backend, { name })).number(...whole)).toBe(1);
    const client = directTo(server);
    expect((await client.keys("removal:{goes}*")).sort()).toEqual([...placeOf("removal", "goes").keys].sort());
    expect(await backend.remove({ name: "goes" })).toBe(true);
    expect((await client.keys("removal:*")).sort()).toEqual([...placeOf("removal", "stays").keys].sort());
    await backend.close();
    await client.quit();
  });

  it("of many on a Cluster leaves none of theirs", async () => {
    const backend = redis({ url: urlOf(cluster.nodes[0] as { readonly port: number }), prefix: "removal" });
    const names = Array.from({ length: 24 }, (_, at) => `store ${at}`);
    const replicas = await Promise.all(names.map((name) => openReplica(backend, { name })));
    await Promise.all(replicas.map((replica) => replica.number(...whole)));
    await Promise.all(replicas.map(({ store }) => store.close()));
    const sizes = async () => Promise.all(cluster.nodes.slice(0, 3).map(async (node) => Number(await node.cli("DBSIZE"))));
    for (const size of await sizes()) expect(size).toBeGreaterThan(10);
    expect(await Promise.all(names.map((name) => backend.remove({ name })))).toEqual(names.map(() => true));
    expect(await sizes()).toEqual([0, 0, 0]);
    await backend.close();
  });

  it("that is asked for by one connection is heard on another at once", async () => {
    // The look that makes up for lost messages.
    withoutLooks();
    const [mine, theirs] = [1, 2].map(() => redis({ url: urlOf(server), prefix: "heard" }));
    const { store } = await openReplica(mine as NonNullable<typeof mine>, { name: "s" });
    const gap = new Promise<void>((resolve, reject) => {
      store.follow(0, { commits: (_, through) => void (through === 0 && theirs?.remove({ name: "s" })), gap: resolve, failed: reject });
    });
    await gap;
    for (const backend of [mine, theirs]) await backend?.close();
  });

  it("is refused where what lies there is not Holdall's, and that is left as it is", async () => {
    const backend = redis({ url: urlOf(server), prefix: "foreign" });
    const client = directTo(server);
    const [key = ""] = placeOf("foreign", "theirs").keys;
    await client.hset(key, { id: "1", name: "theirs" });
    await expect(backend.remove({ name: "theirs" })).rejects.toMatchObject({ code: "CORRUPTED" });
    await client.set(placeOf("foreign", "text").keys[0] ?? "", "theirs");
    await expect(backend.remove({ name: "text" })).rejects.toMatchObject({ code: "CORRUPTED" });
    expect([await client.hgetall(key), await client.keys("foreign:*")]).toEqual([{ id: "1", name: "theirs" }, expect.any(Array)]);
    await backend.close();
    await client.quit();
  });
});
