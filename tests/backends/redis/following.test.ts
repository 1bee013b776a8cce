/** Following is pushed, not polled: the next commit is heard as it happens, a large one by those whom it concerns, and nothing is heard twice or left out. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { redis } from "../../../ts/backends/redis/index.js";
import { type RedisServer, startRedis } from "../../servers/redis.js";
import { withoutLooks } from "./looking.js";
import { del, directTo, Follower, openReplica, put, urlOf } from "./support.js";

let server: RedisServer;
beforeAll(async () => {
  server = await startRedis({ durable: false });
});
afterAll(() => server.stop());

const large = Array.from({ length: 500 }, (_, at) => put(`order:${at}`, "x".repeat(100)));

/** A writer and a follower of a scope, on connections of their own. */
async function pair(prefix: string, scope = "") {
  withoutLooks();
  const backends = [0, 1].map(() => redis({ url: urlOf(server), prefix }));
  const [writer, reader] = await Promise.all(backends.map((backend, at) => openReplica(backend, { scope: at === 1 ? scope : "" })));
  if (writer === undefined || reader === undefined) throw new Error("no replica");
  const { head } = await reader.store.load();
  const follower = new Follower(reader.store, head.number);
  await writer.number(put(`${scope}first`, "1"));
  await follower.reach(1);
  return { writer, follower, close: () => Promise.all(backends.map((backend) => backend.close())) };
}

/** How many scripts the server has run. */
async function scriptCalls(): Promise<number> {
  const info = await server.cli("INFO", "commandstats");
  return Number(/cmdstat_evalsha:calls=(\d+)/.exec(info)?.[1] ?? 0);
}

describe("a small commit", () => {
  it("reaches who follows without being asked for", async () => {
    const { writer, follower, close } = await pair("small");
    const before = await scriptCalls();
    for (let at = 2; at <= 101; at++) {
      await writer.number(put("a", String(at)));
      await follower.reach(at);
    }
    // One script for each commit: the follower has asked for nothing.
    expect((await scriptCalls()) - before).toBe(100);
    expect(follower.commits.map(({ number }) => number)).toEqual(Array.from({ length: 101 }, (_, at) => at + 1));
    await close();
  });

  it("is heard about as soon as a command is answered", async () => {
    const { writer, follower, close } = await pair("soon");
    const direct = directTo(server);
    const trips: number[] = [];
    const spans: number[] = [];
    for (let at = 2; at <= 201; at++) {
      const began = performance.now();
      await direct.ping();
      trips.push(performance.now() - began);
      const sent = performance.now();
      const heard = follower.reach(at).then(() => performance.now() - sent);
      await writer.number(put("a", String(at)));
      spans.push(await heard);
    }
    const median = (list: number[]) => list.sort((one, other) => one - other)[list.length >> 1] ?? 0;
    console.log(`a round trip takes ${median(trips).toFixed(3)} ms, from a commit to its event ${median(spans).toFixed(3)} ms`);
    // Far from any timer or pause, on a machine that has other things to do too; the ratio is a matter of the benchmark.
    expect(median(spans)).toBeLessThan(median(trips) * 5 + 100);
    direct.disconnect();
    await close();
  });
});

describe("a large commit", () => {
  it("is read from the log by who follows", async () => {
    const { writer, follower, close } = await pair("large");
    await follower.reach(await writer.number(...large));
    expect(follower.commits.at(-1)?.operations).toHaveLength(500);
    await close();
  });

  it("is not sent to a scope that it does not concern, and only in part to one that it does", async () => {
    const { writer, follower, close } = await pair("scoped", "user:");
    const before = await scriptCalls();
    await follower.reach(await writer.number(...large));
    expect([follower.commits.length, (await scriptCalls()) - before]).toEqual([1, 1]);
    await follower.reach(await writer.number(...large, put("user:1", "1"), { type: "clear", prefix: "" }, del("order:1")));
    expect(follower.commits.at(-1)?.operations).toEqual([put("user:1", "1"), { type: "clear", prefix: "" }]);
    await close();
  });
});

describe("messages", () => {
  it("that nobody of ours has published are passed over", async () => {
    const { writer, follower, close } = await pair("foreign");
    for (const text of ["", "hello", "x".repeat(1_000)]) await server.cli("SPUBLISH", "foreign:{orders}:news", text);
    await follower.reach(await writer.number(put("a", "1")));
    expect(follower.commits.map(({ number }) => number)).toEqual([1, 2]);
    await close();
  });

  it("that were lost are made up for by the next", async () => {
    const { writer, follower, close } = await pair("lost");
    const direct = directTo(server);
    // Written as the script does, but told to nobody.
    const source =
      "redis.call('XADD', KEYS[1], '2-0', 'replica', 'r', 'counter', '1', 'time', '1', 'mark', 'm', 'operations', '') redis.call('HSET', KEYS[2], 'number', '2', 'mark', 'm')";
    await direct.eval(source, 2, "lost:{orders}:log", "lost:{orders}:store");
    expect(await writer.number(put("a", "1"))).toBe(3);
    await follower.reach(3);
    expect(follower.commits.map(({ number }) => number)).toEqual([1, 3]);
    direct.disconnect();
    await close();
  });

  it("keep their order under many writers", async () => {
    const { writer, follower, close } = await pair("busy");
    const backends = Array.from({ length: 4 }, () => redis({ url: urlOf(server), prefix: "busy" }));
    const others = await Promise.all(backends.map((backend) => openReplica(backend)));
    await Promise.all(
      [writer, ...others].map(async (replica, index) => {
        for (let at = 0; at < 100; at++) await replica.number(put(`${index}`, String(at)), ...(at % 10 === 0 ? large : []));
      }),
    );
    await follower.reach(501);
    expect(follower.commits.map(({ number }) => number)).toEqual(Array.from({ length: 501 }, (_, at) => at + 1));
    expect(follower.end).toBeUndefined();
    await Promise.all(backends.map((backend) => backend.close()));
    await close();
  });
});
