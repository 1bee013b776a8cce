/** What was sent on a connection that broke may arrive behind its later attempt. Once that was answered by a no, it is applied no more. */
import { afterEach, expect, it } from "vitest";
import { redis } from "../../../ts/backends/redis/index.js";
import { startProxy } from "../../servers/proxy.js";
import { type RedisServer, startRedis } from "../../servers/redis.js";
import { cleanup, del, openReplica, put, type Replica, type Sent, urlOf } from "./support.js";

const keep = cleanup(afterEach);

/** A replica behind a proxy, and another that is not. */
async function start() {
  const server = await keep(startRedis({ durable: false }));
  const proxy = await keep(startProxy(server.port));
  const open = async (url: string) => {
    const backend = redis({ url });
    keep({ stop: () => backend.close() });
    return openReplica(backend, { limits: { maxEntries: 3 } });
  };
  return { server, proxy, replica: await open(urlOf(proxy)), other: await open(urlOf(server)) };
}

interface Case {
  readonly name: string;
  /** What has been committed before. */
  prepare(other: Replica): Promise<unknown>;
  readonly operations: Parameters<Replica["commit"]>[0];
  sent(known: number): Sent;
  /** Comes before the commit, and makes it fail. */
  prevent(other: Replica, server: RedisServer): Promise<unknown>;
  readonly answer: object;
  /** Comes after the commit has failed, and would let it pass. */
  allow(other: Replica, server: RedisServer): Promise<unknown>;
}

const nothing = async () => {};

const cases: readonly Case[] = [
  {
    name: "a condition that did not hold, and does again",
    prepare: nothing,
    operations: [put("lock", "mine")],
    sent: () => ({ conditions: [{ key: "lock", version: 0 }] }),
    prevent: (other) => other.number(put("lock", "other")),
    answer: { type: "conflict", key: "lock" },
    allow: (other) => other.number(del("lock")),
  },
  {
    name: "limits that it would have passed, and would not any more",
    prepare: (other) => other.number(put("a", "1"), put("b", "1"), put("c", "1")),
    operations: [put("lock", "mine")],
    sent: () => ({}),
    prevent: nothing,
    answer: { type: "refused", code: "QUOTA_EXCEEDED" },
    allow: (other) => other.number(del("a")),
  },
  {
    name: "a server that had no memory, and has again",
    prepare: nothing,
    operations: [put("lock", "mine")],
    sent: () => ({}),
    prevent: (_, server) => server.cli("CONFIG", "SET", "maxmemory", "1mb"),
    answer: { type: "refused", code: "QUOTA_EXCEEDED" },
    allow: (_, server) => server.cli("CONFIG", "SET", "maxmemory", "0"),
  },
];

it.each(cases.map((given) => [given.name, given] as const))("%s", async (_, { prepare, operations, sent, prevent, answer, allow }) => {
  const { server, proxy, replica, other } = await start();
  await prepare(other);
  await prevent(other, server);
  // Two commits of the replica were put together, as happens to those that are written while another is out.
  const request = replica.request(operations, { ...sent(0), counter: 2 });
  proxy.stallPresent("up");
  const left = proxy.heard("up");
  const first = replica.store.commit(request);
  await left;
  proxy.abandon();
  await expect(first).rejects.toMatchObject({ code: "UNAVAILABLE" });
  expect(await replica.store.commit({ ...request, isRetry: true })).toMatchObject(answer);
  await allow(other, server);
  const { number } = await other.store.head();
  const arrived = proxy.heard("down");
  proxy.heal();
  await arrived;
  expect(await other.store.head()).toMatchObject({ number });
  expect(await replica.texts()).not.toHaveProperty("lock");
  // Each of the two is sent alone then, by its own counter, and what comes late is late for them too.
  for (const counter of [1, 2]) {
    const alone = await replica.commit([put("mine", String(counter))], { counter });
    expect(alone).toMatchObject({ type: "committed", number: number + counter });
  }
});
