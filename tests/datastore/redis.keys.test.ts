/** Promises of contract 14: on Redis everything lies under documented keys as plain JSON, where other clients put and take it. */
import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import type { InvalidPayloadError } from "../../ts/datastore/index.js";
import { refusal } from "../refusal.js";
import { redisForTests } from "./support.js";

const { server, subject } = redisForTests();
const cli = (...words: string[]) => server().cli(...words);

describe("a queue", () => {
  it("is a list that redis-cli pushes to", async () => {
    const { queue } = subject.open();
    await cli("LPUSH", "datastore:queue:q", '{"id":1}', "null", '"two"');
    expect([await queue.length("q"), await queue.pop("q"), await queue.tryPop("q"), await queue.pop("q", 1)]).toEqual([
      3,
      { id: 1 },
      { ok: true, value: null },
      "two",
    ]);
    const waiting = queue.pop("q", 20);
    await cli("LPUSH", "datastore:queue:q", "[1, 2]");
    expect(await waiting).toEqual([1, 2]);
    const reserving = queue.reserve("q", { timeout: 20 });
    await cli("LPUSH", "datastore:queue:q", "3");
    expect((await reserving)?.value).toBe(3);
  });

  it("is a list that redis-cli pops from", async () => {
    const { queue } = subject.open();
    await queue.push("q", { text: "\u{1F4E6}", list: [1, null] });
    await queue.push("q", "last");
    expect(await cli("LLEN", "datastore:queue:q")).toBe("2");
    expect(await cli("--raw", "BRPOP", "datastore:queue:q", "1")).toBe('datastore:queue:q\n{"text":"\u{1F4E6}","list":[1,null]}');
    expect(await cli("RPOP", "datastore:queue:q")).toBe('"last"');
    const popping = cli("--raw", "BRPOP", "datastore:queue:q", "20");
    await queue.push("q", 7);
    expect(await popping).toBe("datastore:queue:q\n7");
  });

  it("has its reservations beside it: ids by deadline, payloads by id", async () => {
    const { queue } = subject.open({ prefix: "" });
    await queue.push("q", { id: 1 });
    const reservation = await queue.reserve("q", { visibility: 60 });
    const id = reservation?.id ?? "";
    expect((await cli("KEYS", "*")).split("\n").sort()).toEqual(["reserved-items:q", "reserved:q"]);
    expect(await cli("ZRANGE", "reserved:q", "0", "-1", "WITHSCORES")).toBe(`${id}\n${reservation?.deadline}`);
    expect(Math.abs((reservation?.deadline ?? 0) - Date.now() - 60_000)).toBeLessThan(5_000);
    expect(await cli("HGETALL", "reserved-items:q")).toBe(`${id}\n{"id":1}`);
    await queue.ack({ queue: "q", id });
    expect(await cli("KEYS", "*")).toBe("");
  });
});

describe("what another client has put under a queue's keys", () => {
  it("costs no item: who finds it is refused before anything is removed", async () => {
    const { queue } = subject.open();
    await cli("SET", "datastore:reserved-items:a", "x");
    await cli("SET", "datastore:reserved:b", "x");
    for (const name of ["a", "b"]) {
      await queue.push(name, "item");
      await refusal(queue.reserve(name, { timeout: 0 }), "TYPE_MISMATCH");
      expect(await cli("LRANGE", `datastore:queue:${name}`, "0", "-1")).toBe('"item"');
    }
    expect([await cli("EXISTS", "datastore:reserved:a"), await cli("EXISTS", "datastore:reserved-items:b")]).toEqual(["0", "0"]);
  });

  it("costs no item that is reserved either, whether it lapses or is given back", async () => {
    const { queue } = subject.open();
    for (const name of ["a", "b"]) await queue.push(name, "item");
    const kept = await queue.reserve("a", { visibility: 60 });
    await queue.reserve("b", { visibility: 0.001 });
    for (const name of ["a", "b"]) await cli("SET", `datastore:queue:${name}`, "x");
    if (kept !== null) await refusal(queue.nack(kept), "TYPE_MISMATCH");
    await refusal(queue.reserve("b", { timeout: 0 }), "TYPE_MISMATCH");
    for (const name of ["a", "b"]) {
      expect(await cli("HVALS", `datastore:reserved-items:${name}`)).toBe('"item"');
      await cli("DEL", `datastore:queue:${name}`);
    }
    if (kept !== null) await queue.nack(kept);
    expect([(await queue.reserve("a"))?.value, (await queue.reserve("b"))?.value]).toEqual(["item", "item"]);
  });
});

describe("the cache", () => {
  it("is strings with the server's own expiry", async () => {
    const { cache } = subject.open();
    await cache.set("k", { a: [1] }, 90.5);
    expect([await cli("GET", "datastore:cache:k"), await cli("TYPE", "datastore:cache:k")]).toEqual(['{"a":[1]}', "string"]);
    const left = Number(await cli("PTTL", "datastore:cache:k"));
    expect(left).toBeGreaterThan(85_000);
    expect(left).toBeLessThanOrEqual(90_500);
    await cache.set("k", 1);
    expect(await cli("PTTL", "datastore:cache:k")).toBe("-1");
    await cli("SET", "datastore:cache:k", '{"from":"redis-cli"}', "EX", "60");
    expect(await cache.get("k")).toEqual({ from: "redis-cli" });
    await cache.set("short", 1, 0.0001);
    expect(Number(await cli("PTTL", "datastore:cache:short"))).toBeLessThanOrEqual(1);
  });
});

describe("the prefix", () => {
  it("begins every key, and may be empty", async () => {
    for (const [prefix, key] of [
      ["", "queue:q"],
      ["my app/", "my app/queue:q"],
    ] as const) {
      await subject.open({ prefix }).queue.push("q", 1);
      await subject.open({ prefix }).cache.set("k", 1);
      expect((await cli("KEYS", "*")).split("\n").sort()).toEqual([key.replace("queue:q", "cache:k"), key]);
      await cli("FLUSHALL");
    }
  });

  it("is in the database that was asked for", async () => {
    await subject.open({ db: 3 }).queue.push("q", 1);
    expect([await cli("-n", "3", "KEYS", "*"), await cli("KEYS", "*")]).toEqual(["datastore:queue:q", ""]);
  });
});

describe("what is not JSON", () => {
  it("is refused with its text, which only `raw` shows", async () => {
    const { queue, cache } = subject.open();
    await cli("LPUSH", "datastore:queue:q", "plain text", "2");
    const error = await refusal<InvalidPayloadError>(queue.pop("q"), "INVALID_PAYLOAD");
    expect(error.raw).toBe("plain text");
    expect(`${inspect(error)}${error.message}`).not.toContain("plain text");
    // It has been taken: the next is the next.
    expect(await queue.pop("q")).toBe(2);
    await cli("SET", "datastore:cache:k", "{");
    expect((await refusal<InvalidPayloadError>(cache.get("k"), "INVALID_PAYLOAD")).raw).toBe("{");
  });

  it("can be acknowledged or given back by whoever reserves it", async () => {
    const { queue } = subject.open();
    await cli("LPUSH", "datastore:queue:q", "{broken");
    const first = await refusal<InvalidPayloadError>(queue.reserve("q"), "INVALID_PAYLOAD");
    expect([first.raw, first.reservation?.queue]).toEqual(["{broken", "q"]);
    if (first.reservation) await queue.nack(first.reservation);
    expect(await cli("LRANGE", "datastore:queue:q", "0", "-1")).toBe("{broken");
    const second = await refusal<InvalidPayloadError>(queue.reserve("q"), "INVALID_PAYLOAD");
    if (second.reservation) await queue.ack(second.reservation);
    expect(await queue.length("q")).toBe(0);
  });

  it("is given back byte by byte, whatever bytes they are", async () => {
    const { queue } = subject.open();
    await cli("EVAL", String.raw`return redis.call('LPUSH', KEYS[1], '"\255\254"')`, "1", "datastore:queue:q");
    const reservation = await queue.reserve("q");
    if (reservation !== null) await queue.nack(reservation);
    expect(await cli("EVAL", "return redis.sha1hex(redis.call('RPOP', KEYS[1]))", "1", "datastore:queue:q")).toBe(
      await cli("EVAL", String.raw`return redis.sha1hex('"\255\254"')`, "0"),
    );
  });

  it("and a key of another type is refused, and left as it is", async () => {
    const { queue, cache } = subject.open();
    await cli("SET", "datastore:queue:q", "text");
    await cli("LPUSH", "datastore:cache:k", "1");
    for (const call of [
      () => queue.push("q", 1),
      () => queue.pop("q", 1),
      () => queue.reserve("q"),
      () => queue.length("q"),
      () => cache.get("k"),
    ]) {
      await refusal(call(), "TYPE_MISMATCH");
    }
    expect([await cli("GET", "datastore:queue:q"), await cli("LLEN", "datastore:cache:k")]).toEqual(["text", "1"]);
  });
});
