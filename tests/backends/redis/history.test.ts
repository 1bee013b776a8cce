/** A server that has lost what it told, or another in its place, is noticed by every replica: a gap, and a conflict for what was decided on what is gone. */
import { afterEach, describe, expect, it } from "vitest";
import { redis } from "../../../ts/backends/redis/index.js";
import { startRedis } from "../../servers/redis.js";
import { withoutLooks } from "./looking.js";
import { cleanup, directTo, Follower, openReplica, put, type Replica, range, urlOf } from "./support.js";

const keep = cleanup(afterEach);

/** Two replicas on connections of their own, both of which know of five commits and follow. */
async function known(durable = true) {
  const server = await keep(startRedis({ durable }));
  const backends = [0, 1].map(() => redis({ url: urlOf(server) }));
  for (const backend of backends) keep({ stop: () => backend.close() });
  const [one, other] = (await Promise.all(backends.map((backend) => openReplica(backend)))) as [Replica, Replica];
  for (let at = 1; at <= 5; at++) await one.number(put("a", String(at)));
  await one.store.load();
  await other.store.load();
  const follower = new Follower(other.store, 5);
  return { server, one, other, follower };
}

describe("everything is lost", () => {
  it("by FLUSHALL: followers have a gap, and load an empty store of another id", async () => {
    const { server, one, other, follower } = await known();
    const before = other.store.header.id;
    await server.cli("FLUSHALL");
    await expect(one.commit([put("b", "1")])).rejects.toMatchObject({ code: "UNAVAILABLE" });
    follower.following?.nudge();
    expect(await follower.ended()).toBe("gap");
    expect((await other.contents()).size).toBe(0);
    expect(other.store.header.id).not.toBe(before);
    expect((await other.store.head()).id).toBe(other.store.header.id);
    // The commit that failed goes to the store that is there now, sent again by its counter.
    await one.store.load();
    const again = await one.commit([put("b", "1")], { counter: one.counter, isRetry: true });
    expect(again).toMatchObject({ type: "committed", number: 1, changed: true });
  });

  it("by a restart without a disk: what was decided on it is not applied", async () => {
    const { server, one, other, follower } = await known(false);
    await server.restart();
    expect(await follower.ended()).toBe("failed");
    const decided = { conditions: [{ key: "a", version: 0 }] };
    await expect(one.commit([put("a", "6")], decided)).rejects.toMatchObject({ code: "UNAVAILABLE" });
    const next = new Follower(other.store, 5);
    expect(await next.ended()).toBe("gap");
  });
});

describe("the tail is lost", () => {
  /** Puts the store back to what it was, as an older dump or a replica that was behind would. */
  async function rolledBack() {
    const { server, one, other, follower } = await known();
    const direct = directTo(server);
    keep({ stop: async () => direct.disconnect() });
    const keys = await direct.keys("*");
    const dumps = await Promise.all(keys.map(async (key) => [key, await direct.dumpBuffer(key)] as const));
    const lost = [await one.number(put("a", "6")), await one.number(put("b", "7"))];
    await follower.reach(7);
    await direct.flushall();
    for (const [key, dump] of dumps) if (dump) await direct.restore(key, 0, dump);
    expect((await one.store.head()).number).toBe(5);
    return { one, other, follower, lost };
  }

  it("and nothing came after: a gap, since the log goes less far than the replica", async () => {
    const { follower, other } = await rolledBack();
    follower.following?.nudge();
    expect(await follower.ended()).toBe("gap");
    expect(await other.texts()).toEqual({ a: "5" });
  });

  it("and as many others came after: a gap all the same, though the numbers fit", async () => {
    // Their messages tell it, not the look at the log that is taken now and then.
    withoutLooks();
    const { one, follower, other } = await rolledBack();
    for (const text of ["x", "y"]) expect(await one.number(put("c", text))).toBeLessThanOrEqual(7);
    expect(await follower.ended()).toBe("gap");
    expect(follower.through).toBe(7);
    expect(await other.texts()).toEqual({ a: "5", c: "y" });
  });

  it("and others came after: a condition that names a version of the lost history is a conflict, though a version with that number is there", async () => {
    const { one, other } = await rolledBack();
    // Both know the lost commit 6 as that of "a"; now another commit 6 is.
    await one.store.load();
    expect(await one.number(put("a", "another"))).toBe(6);
    const decided = { conditions: [{ key: "a", version: 6 }] };
    expect(await other.commit([put("a", "decided on what is gone")], decided)).toMatchObject({ type: "conflict", number: 6 });
    expect(await other.commit([put("z", "1")], { ranges: [range("q", 6)] })).toMatchObject({ type: "conflict" });
    await other.store.load();
    expect(await other.commit([put("a", "decided anew")], decided)).toMatchObject({ type: "committed", number: 7 });
  });

  it("and a commit that was lost is sent again: it is applied, once", async () => {
    const { one, lost } = await rolledBack();
    const answer = await one.commit([put("b", "7")], { counter: one.counter, isRetry: true });
    expect(answer).toMatchObject({ type: "committed", number: 6, changed: true });
    expect(lost).toEqual([6, 7]);
    expect(await one.commit([put("b", "7")], { counter: one.counter, isRetry: true })).toEqual(answer);
    expect(await one.texts()).toEqual({ a: "5", b: "7" });
  });
});
