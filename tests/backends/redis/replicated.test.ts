/** With `replicas`, a commit is acknowledged when so many of the server's replicas have it, and never before: not when it is sent again either. */
import { afterEach, expect, it } from "vitest";
import { redis } from "../../../ts/backends/redis/index.js";
import { startRedis } from "../../servers/redis.js";
import { cleanup, commitSurely, openReplica, put, urlOf } from "./support.js";

const keep = cleanup(afterEach);

/** A server and its replica, and a backend that waits for that. */
async function pair() {
  const server = await keep(startRedis({ durable: false, flags: ["--repl-diskless-sync-delay", "0"] }));
  const copy = await keep(startRedis({ durable: false, flags: ["--replicaof", "127.0.0.1", String(server.port)] }));
  await expect.poll(() => server.cli("INFO", "replication")).toContain("state=online");
  const connect = () => {
    const backend = redis({ url: urlOf(server), durability: "replicated", replicasTimeout: 1_000 });
    keep({ stop: () => backend.close() });
    return backend;
  };
  return { copy, connect };
}

it("a commit that the replica does not have is UNAVAILABLE, and sent again, on whatever connection, it waits again", async () => {
  const { copy, connect } = await pair();
  const replica = await openReplica(connect());
  expect(await commitSurely(replica, [put("a", "1")])).toMatchObject({ type: "committed", number: 1 });
  copy.pause();
  const request = replica.request([put("a", "2")]);
  await expect(replica.store.commit(request)).rejects.toMatchObject({ code: "UNAVAILABLE" });
  // Applied, but not acknowledged.
  expect(await replica.texts()).toEqual({ a: "2" });
  const other = await openReplica(connect(), { replica: replica.name });
  await expect(other.store.commit({ ...request, isRetry: true })).rejects.toMatchObject({ code: "UNAVAILABLE" });
  // One that changes nothing rests on what was written before it, and waits for that.
  await expect(other.store.commit({ ...replica.request([]), counter: 3 })).rejects.toMatchObject({ code: "UNAVAILABLE" });
  copy.resume();
  await expect
    .poll(() => other.store.commit({ ...request, counter: 3, isRetry: true }).catch(() => undefined))
    .toMatchObject({ number: 2, changed: false });
});

it("a conflict and a refusal need nobody's word", async () => {
  const { copy, connect } = await pair();
  const replica = await openReplica(connect(), { limits: { maxEntries: 1 } });
  copy.pause();
  expect(await replica.commit([put("a", "1")], { conditions: [{ key: "a", version: 5 }] })).toMatchObject({ type: "conflict" });
  expect(await replica.commit([put("a", "1"), put("b", "1")])).toMatchObject({ type: "refused", code: "QUOTA_EXCEEDED" });
});
