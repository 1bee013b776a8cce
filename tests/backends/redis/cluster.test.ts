/** A Cluster: stores spread over its servers on one backend, and what was acknowledged by a master's replica survives the master. */
import { Cluster } from "ioredis";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { redis } from "../../../ts/backends/redis/index.js";
import { slotOf } from "../../../ts/backends/redis/layout.js";
import { type RedisCluster, startRedisCluster } from "../../servers/redis.js";
import { budget, commitSurely, Follower, openReplica, put, urlOf } from "./support.js";

let cluster: RedisCluster;
beforeAll(async () => {
  cluster = await startRedisCluster();
});
afterAll(() => cluster.stop());

const anyNode = () => urlOf(cluster.nodes[1] as { readonly port: number });

describe("many stores on one backend", () => {
  it("spread over the servers, each whole in one slot, and are followed", async () => {
    const backend = redis({ url: anyNode(), prefix: "spread" });
    const names = Array.from({ length: 24 }, (_, at) => `store ${at}`);
    const replicas = await Promise.all(names.map((name) => openReplica(backend, { name })));
    const followers = replicas.map(({ store }) => new Follower(store, 0));
    const numbers = await Promise.all(
      replicas.map((replica, at) => replica.number(put("a", String(at)), put("b", "1", 60_000, { addTag: "t" }))),
    );
    expect(numbers).toEqual(names.map(() => 1));
    for (const follower of followers) expect((await follower.reach(1)).commits).toHaveLength(1);
    expect(await Promise.all(replicas.map((replica) => replica.texts()))).toEqual(names.map((_, at) => ({ a: String(at), b: "1" })));
    const sizes = await Promise.all(cluster.nodes.slice(0, 3).map((node) => node.cli("DBSIZE")));
    for (const size of sizes) expect(Number(size)).toBeGreaterThan(10);
    await backend.close();
  });

  it("by a Cluster of the user's, whose options are taken, and which is left alone", async () => {
    const client = new Cluster(
      cluster.nodes.map(({ port }) => ({ host: "127.0.0.1", port })),
      { keyPrefix: "not ours:", lazyConnect: true },
    );
    const backend = redis({ client, prefix: "client" });
    const replica = await openReplica(backend);
    expect(await replica.number(put("a", "1"))).toBe(1);
    expect(await replica.texts()).toEqual({ a: "1" });
    await backend.close();
    expect(client.status).toBe("wait");
    client.disconnect();
  });

  it("slots are those that the server counts", async () => {
    for (const key of ["holdall:{orders}:store", "{é\u{1f600}}x", "a:{%}:b"]) {
      expect(String(slotOf(key))).toBe(await cluster.nodes[0]?.cli("CLUSTER", "KEYSLOT", key));
    }
  });
});

describe("the master of a slot is killed under load", () => {
  it("no commit that its replica acknowledged is lost, none applied twice, and who follows goes on or has a gap", async () => {
    const name = "kept";
    const writers = 3;
    const commits = budget("HOLDALL_REDIS_FAILOVER_COMMITS", 150);
    const backends = Array.from({ length: writers + 1 }, () =>
      redis({ url: anyNode(), prefix: "failover", replicas: 1, commandTimeout: 1_000 }),
    );
    const replicas = await Promise.all(backends.map((backend) => openReplica(backend, { name })));
    const [watcher, ...others] = replicas;
    if (watcher === undefined) throw new Error("no replica");
    expect(backends[0]?.capabilities.durability).toBe("replicated");

    const acknowledged: (readonly [key: string, number: number])[] = [];
    let reachHalf = () => {};
    const half = new Promise<void>((resolve) => {
      reachHalf = resolve;
    });
    let isOver = false;
    const working = others.map(async (replica, writer) => {
      // So often, and for as long as the failure lasts.
      for (let at = 0; at < commits || !isOver; at++) {
        const key = `${writer}:${at}`;
        const answer = await commitSurely(replica, [put(key, "1"), put(`${key}:twin`, "1")]);
        expect(answer).toMatchObject({ type: "committed", changed: true });
        if (answer.type === "committed") acknowledged.push([key, answer.number]);
        if (acknowledged.length === (commits * writers) / 2) reachHalf();
      }
    });
    const slot = slotOf(`failover:{${name}}:head`);
    await half;
    const master = await ownerOf(slot);
    if (master === undefined) throw new Error(`nobody has slot ${slot}`);
    await master.kill();
    const killed = acknowledged.length;
    // Its replica takes over. Alone it can acknowledge nothing, until the other is back as a replica of it.
    await expect.poll(async () => ((await ownerOf(slot)) ?? master) !== master).toBe(true);
    await master.start();
    isOver = true;
    await Promise.all(working);
    expect(killed).toBeLessThan(acknowledged.length);

    const entries = await watcher.contents();
    expect(entries.size).toBe(acknowledged.length * 2);
    for (const [key, number] of acknowledged) {
      // Applied once: the entry still has the number that was acknowledged, and so has its twin.
      expect([key, entries.get(key)?.number, entries.get(`${key}:twin`)?.number]).toEqual([key, number, number]);
    }
    expect(new Set(acknowledged.map(([, number]) => number)).size).toBe(acknowledged.length);
    expect((await watcher.store.head()).number).toBe(acknowledged.length);
    // Who follows finds the new master.
    const { head } = await watcher.store.load();
    const follower = new Follower(watcher.store, head.number);
    expect(await commitSurely(others[0] as typeof watcher, [put("after", "1")])).toMatchObject({ type: "committed" });
    expect((await follower.reach(head.number + 1)).commits).toHaveLength(1);
    await Promise.all(backends.map((backend) => backend.close()));
  });
});

/** The server that has a slot. */
async function ownerOf(slot: number) {
  const asked = await cluster.nodes.find(({ pid }) => pid !== undefined)?.cli("CLUSTER", "NODES");
  const line = asked?.split("\n").find(
    (each) =>
      each.includes("master") &&
      each
        .split(" ")
        .slice(8)
        .some((range) => holds(range, slot)),
  );
  const port = Number(line?.split(" ")[1]?.split("@")[0]?.split(":")[1]);
  const node = cluster.nodes.find((each) => each.port === port);
  return node;
}

function holds(range: string, slot: number): boolean {
  const [first = Number.NaN, last = first] = range.split("-").map(Number);
  return slot >= first && slot <= last;
}
