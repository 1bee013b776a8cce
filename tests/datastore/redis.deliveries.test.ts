/** Promises of `deliveries` and `reject` that only a server can be asked for: beside plain lists, over killed processes and cut connections. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { DataStoreQueue, InvalidPayloadError, UnavailableError } from "../../ts/datastore/index.js";
import { refusal } from "../refusal.js";
import { startProxy, type TcpProxy } from "../servers/proxy.js";
import { type Programs, programs } from "./process.support.js";
import { redisForTests } from "./support.js";

const { server, subject } = redisForTests();
const cli = (...words: string[]) => server().cli(...words);

async function reserved(queue: DataStoreQueue, visibility?: number) {
  const reservation = await queue.reserve("q", { visibility, timeout: 0 });
  return reservation ?? expect.fail("nothing was there");
}

describe("on the server", () => {
  it("a count is kept beside the list, which holds the payload alone, and goes with its item", async () => {
    const { queue } = subject.open({ prefix: "" });
    await queue.push("q", { id: 1 });
    const first = await reserved(queue);
    expect([first.id.endsWith("/1"), await cli("EXISTS", "returned:q")]).toEqual([true, "0"]);
    await queue.nack(first);
    const digest = await cli("EVAL", "return redis.sha1hex(ARGV[1])", "0", '{"id":1}');
    expect([await cli("LRANGE", "queue:q", "0", "-1"), await cli("LRANGE", "returned:q", "0", "-1")]).toEqual(['{"id":1}', `${digest} 1`]);
    const second = await reserved(queue);
    expect([second.id.endsWith("/2"), await cli("EXISTS", "returned:q")]).toEqual([true, "0"]);
    await queue.ack(second);
    expect(await cli("KEYS", "*")).toBe("");
  });

  it("dead letters are a list that redis-cli moves back from", async () => {
    const { queue } = subject.open();
    await cli("LPUSH", "datastore:queue:q", '{"id": 1}');
    await queue.reject(await reserved(queue));
    expect(await cli("KEYS", "*")).toBe("datastore:queue:q:dead-letters");
    expect(await cli("--raw", "LMOVE", "datastore:queue:q:dead-letters", "datastore:queue:q", "RIGHT", "LEFT")).toBe('{"id": 1}');
    expect(await reserved(queue)).toMatchObject({ value: { id: 1 }, deliveries: 1 });
  });

  it("what is no JSON is counted, and rejected byte by byte", async () => {
    const { queue } = subject.open();
    await cli("LPUSH", "datastore:queue:q", "{broken");
    const first = await refusal<InvalidPayloadError>(queue.reserve("q"), "INVALID_PAYLOAD");
    expect(first.reservation?.deliveries).toBe(1);
    if (first.reservation) await queue.nack(first.reservation);
    const second = await refusal<InvalidPayloadError>(queue.reserve("q"), "INVALID_PAYLOAD");
    expect(second.reservation?.deliveries).toBe(2);
    if (second.reservation) await queue.reject(second.reservation);
    expect([await cli("KEYS", "*"), await cli("RPOP", "datastore:queue:q:dead-letters")]).toEqual([
      "datastore:queue:q:dead-letters",
      "{broken",
    ]);
  });
});

describe("another client", () => {
  it("that takes what went back leaves its count to none of those behind it", async () => {
    const { queue } = subject.open();
    for (const item of ["a", "b", "c"]) await queue.push("q", item);
    const [a, b] = [await reserved(queue), await reserved(queue)];
    await queue.nack(b);
    await queue.nack(a);
    expect(await cli("RPOP", "datastore:queue:q")).toBe('"a"');
    expect(await reserved(queue)).toMatchObject({ value: "b", deliveries: 2 });
    expect(await reserved(queue)).toMatchObject({ value: "c", deliveries: 1 });
    expect(await cli("EXISTS", "datastore:returned:q")).toBe("0");
  });

  it("that drains the queue leaves nothing to equal items, once somebody has looked", async () => {
    const { queue } = subject.open();
    await queue.push("q", "same");
    await queue.nack(await reserved(queue));
    await cli("DEL", "datastore:queue:q");
    expect(await queue.reserve("q", { timeout: 0 })).toBe(null);
    expect(await cli("KEYS", "*")).toBe("");
    await queue.push("q", "same");
    expect((await reserved(queue)).deliveries).toBe(1);
  });

  it("that puts an item to the front costs counts, never items", async () => {
    const { queue } = subject.open();
    await queue.push("q", "item");
    await queue.nack(await reserved(queue));
    await cli("RPUSH", "datastore:queue:q", '"first"');
    expect(await reserved(queue)).toMatchObject({ value: "first", deliveries: 1 });
    expect(await reserved(queue)).toMatchObject({ value: "item", deliveries: 1 });
  });

  it("of an earlier version has reservations that count as one delivery", async () => {
    const { queue } = subject.open();
    const id = "0b5c8ab1-6f0c-4f4e-8f5e-3a5b1f5d7c11:17";
    const reserve = async (deadline: number) => {
      await cli("ZADD", "datastore:reserved:q", String(deadline), id);
      await cli("HSET", "datastore:reserved-items:q", id, '"old"');
    };
    await reserve(Date.now() + 60_000);
    await queue.nack({ queue: "q", id });
    const again = await reserved(queue);
    expect(again).toMatchObject({ value: "old", deliveries: 2 });
    await queue.ack(again);
    await reserve(1);
    expect(await reserved(queue)).toMatchObject({ value: "old", deliveries: 2 });
  });

  it("that has put something else under a key of the queue, or of the dead letters, costs no item", async () => {
    const { queue } = subject.open();
    await queue.push("q", "item");
    const first = await reserved(queue);
    await cli("SET", "datastore:queue:q:dead-letters", "x");
    await refusal(queue.reject(first), "TYPE_MISMATCH");
    await cli("SET", "datastore:returned:q", "x");
    for (const call of [queue.nack(first), queue.release(first)]) await refusal(call, "TYPE_MISMATCH");
    expect(await cli("HVALS", "datastore:reserved-items:q")).toBe('"item"');
    await queue.push("q", "other");
    await refusal(queue.reserve("q"), "TYPE_MISMATCH");
    await subject.pass(60);
    await refusal(queue.reserve("q"), "TYPE_MISMATCH");
    expect([await cli("LRANGE", "datastore:queue:q", "0", "-1"), await cli("HVALS", "datastore:reserved-items:q")]).toEqual([
      '"other"',
      '"item"',
    ]);
    await cli("DEL", "datastore:returned:q");
    expect(await reserved(queue)).toMatchObject({ value: "item", deliveries: 2 });
  });
});

describe("a consumer that is killed", () => {
  let made: Programs;
  beforeAll(async () => {
    made = await programs();
  });
  afterAll(() => made.remove());

  it("in the middle of an item has had it delivered", async () => {
    const { queue } = subject.open();
    await queue.push("q", "item");
    for (let times = 1; times <= 3; times += 1) {
      const consumer = made.run(
        `const { queue } = new DataStore({ port });
         const { value, deliveries } = await queue.reserve("q", { visibility: 0.3, timeout: 20 });
         console.log(value, deliveries);
         setInterval(() => {}, 1_000);`,
        server().port,
      );
      expect(await consumer.line()).toBe(`item ${times}`);
      await consumer.kill();
    }
    expect(await queue.reserve("q", { timeout: 20 })).toMatchObject({ value: "item", deliveries: 4 });
  });
});

describe("a connection that is cut while an item is rejected", () => {
  const proxies: TcpProxy[] = [];
  afterEach(async () => {
    for (const proxy of proxies.splice(0)) {
      proxy.heal();
      await proxy.stop();
    }
  });
  const behindProxy = async () => {
    const proxy = await startProxy(server().port);
    proxies.push(proxy);
    return { proxy, queue: subject.open({ port: proxy.port }).queue };
  };
  const dead = "q:dead-letters";

  it("on the way back has moved it", async () => {
    const { proxy, queue } = await behindProxy();
    await queue.push("q", "item");
    const reservation = await reserved(queue, 60);
    proxy.stall("down");
    const rejecting = refusal<UnavailableError>(queue.reject(reservation), "UNAVAILABLE");
    await proxy.heard("down");
    proxy.cut();
    proxy.heal();
    expect((await rejecting).outcome).toBe("unknown");
    await refusal(queue.reject(reservation), "LEASE_LOST");
    await subject.pass(60);
    expect([await queue.reserve("q", { timeout: 0 }), await queue.length(dead)]).toEqual([null, 1]);
  });

  it("on the way there has not: its time runs out, and it is delivered again", async () => {
    const { proxy, queue } = await behindProxy();
    await queue.push("q", "item");
    const reservation = await reserved(queue, 60);
    proxy.stall("up");
    const rejecting = refusal<UnavailableError>(queue.reject(reservation), "UNAVAILABLE");
    await proxy.heard("up");
    proxy.cut();
    proxy.heal();
    expect((await rejecting).outcome).toBe("unknown");
    await subject.pass(60);
    expect([await queue.length(dead), (await reserved(queue)).deliveries]).toEqual([0, 2]);
  });

  it("at any moment leaves each item in exactly one of the queues", async () => {
    const { proxy, queue } = await behindProxy();
    const items = Array.from({ length: 300 }, (_, at) => at);
    await Promise.all(items.map((item) => queue.push("q", item)));
    let moved = 0;
    let cuts = 0;
    while (moved < items.length) {
      const some = await Promise.all(Array.from({ length: 20 }, () => queue.reserve("q", { visibility: 60, timeout: 0 })));
      const rejecting = some.map(
        (item) => item && queue.reject(item).catch((error) => expect(error).toMatchObject({ code: "UNAVAILABLE" })),
      );
      // Some have been sent by then, and some have been answered.
      for (let turn = Math.random() * 8; turn > 0; turn -= 1) await new Promise(setImmediate);
      proxy.cut();
      cuts += 1;
      await Promise.all(rejecting);
      await subject.pass(60);
      // What has not been moved has lapsed; a look brings it back.
      const left = await queue.reserve("q", { visibility: 60, timeout: 0 });
      if (left !== null) await queue.release(left);
      const found = [`datastore:queue:${dead}`, "datastore:queue:q"].map((key) => cli("LRANGE", key, "0", "-1"));
      const [there = [], here = []] = (await Promise.all(found)).map((lines) =>
        lines
          .split("\n")
          .filter((line) => line !== "")
          .map(Number),
      );
      expect([...there, ...here].sort((one, other) => one - other)).toEqual(items);
      moved = there.length;
      if (cuts > 100) expect.fail("nothing gets through");
    }
    expect(await cli("KEYS", "datastore:reserved*")).toBe("");
  });
});
