/** Promises of contract 14: the cache keeps values for as long as it was told. */
import { expect, it } from "vitest";
import { refusal } from "../refusal.js";
import { describeBoth } from "./support.js";

describeBoth((subject) => {
  it("gives what was set, and null where there is nothing", async () => {
    const { cache } = subject.open();
    const value = { text: "\u{1F4E6}", list: [1, null, { a: [] }] };
    await cache.set("k", value);
    expect([await cache.get("k"), await cache.exists("k")]).toEqual([value, true]);
    expect([await cache.get("other"), await cache.exists("other")]).toEqual([null, false]);
    await cache.set("k", 0);
    expect(await cache.get("k")).toBe(0);
  });

  it("tells a value that is null from none by exists", async () => {
    const { cache } = subject.open();
    await cache.set("k", null);
    expect([await cache.get("k"), await cache.exists("k"), await cache.exists("other")]).toEqual([null, true, false]);
  });

  it("deletes, and tells whether there was something", async () => {
    const { cache } = subject.open();
    await cache.set("k", 1);
    expect([await cache.delete("k"), await cache.delete("k"), await cache.get("k")]).toEqual([true, false, null]);
  });

  it("keeps a value for its ttl and no longer", async () => {
    const { cache } = subject.open();
    await cache.set("k", 1, 90);
    await cache.set("short", 1, 0.5);
    await cache.set("for ever", 1);
    await subject.pass(0.5);
    expect([await cache.get("short"), await cache.exists("short"), await cache.delete("short")]).toEqual([null, false, false]);
    expect(await cache.get("k")).toBe(1);
    await subject.pass(89.5);
    expect([await cache.get("k"), await cache.get("for ever")]).toEqual([null, 1]);
  });

  it("forgets an earlier ttl with each set", async () => {
    const { cache } = subject.open();
    await cache.set("k", 1, 60);
    await cache.set("k", 2);
    await cache.set("other", 1);
    await cache.set("other", 2, 60);
    await cache.set("null", 1, 60);
    await cache.set("null", 2, null);
    await subject.pass(1_000);
    expect([await cache.get("k"), await cache.get("other"), await cache.get("null")]).toEqual([2, null, 2]);
  });

  it("refuses a ttl that is none, and changes nothing", async () => {
    const { cache } = subject.open();
    await cache.set("k", 1);
    for (const ttl of [0, -1, Number.NaN, Number.POSITIVE_INFINITY, 1e13]) {
      const error = await refusal(cache.set("k", 2, ttl), "OUT_OF_RANGE");
      expect(error).toBeInstanceOf(RangeError);
    }
    await refusal(cache.set("k", 2, "1h" as never), "INVALID_ARGUMENT");
    await refusal(cache.set("k", undefined), "INVALID_VALUE");
    await refusal(cache.set("", 2), "INVALID_KEY");
    expect(await cache.get("k")).toBe(1);
  });

  it("keeps keys apart, whatever they are called, and queues too", async () => {
    const { cache, queue } = subject.open();
    const keys = ["k", "K", "k:1", "__proto__", "constructor", " ", "\u{1F4E6}"];
    for (const key of keys) await cache.set(key, key);
    await queue.push("k", "item");
    for (const key of keys) expect(await cache.get(key)).toBe(key);
    expect(await queue.pop("k", 0)).toBe("item");
  });

  it("does not hold what has lapsed for ever", async () => {
    const { cache } = subject.open();
    for (let at = 0; at < 1_500; at += 1) await cache.set(`k${at}`, at, 1);
    await subject.pass(1);
    for (let at = 0; at < 1_500; at += 1) await cache.set(`later${at}`, at);
    expect([await cache.get("k1"), await cache.get("later1"), await cache.get("later1499")]).toEqual([null, 1, 1_499]);
  });
});
