/**
 * Promises of contract 9 on functions that answer by promises. Their rejections once went past `onError` to the process, which they ended; and a
 * predicate's promise once passed for a yes.
 */
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { createStore, type HoldallError } from "../../ts/index.js";
import { errorOf, keysOf, timedStore } from "./support.js";

/** Lets all that is settled be heard. */
const settled = () => new Promise((resolve) => setTimeout(resolve));

describe("an async listener", () => {
  it("that is rejected is heard by onError: of a key, of a prefix, of commits, of a typed view, and onEvict", async () => {
    const errors: unknown[] = [];
    const fail = (error: string) => async () => {
      await undefined;
      throw error;
    };
    const { store, clock } = timedStore({ onError: (error) => errors.push(error), onEvict: fail("evict") });
    const typed = store.typed(z.number());
    store.watch("k", fail("by key"));
    store.watch({ prefix: "k" }, fail("by prefix"));
    typed.watch(fail("typed"));
    typed.subscribe(fail("typed subscriber"));
    store.subscribe(fail("subscriber"));
    const heard = ["by key", "by prefix", "typed", "typed subscriber", "subscriber"];
    store.set("k", 1, { ttl: 5 });
    expect(errors).toEqual([]);
    await settled();
    expect(errors).toEqual(heard);
    clock.advance(5);
    await settled();
    expect(errors.slice(heard.length).sort()).toEqual([...heard, "evict"].sort());
  });

  it("that is fulfilled is nobody's concern", async () => {
    const errors: unknown[] = [];
    const store = createStore({ onError: (error) => errors.push(error) });
    store.watch(async () => 1);
    store.set("k", 1);
    await settled();
    expect(errors).toEqual([]);
  });
});

describe("an async predicate", () => {
  it("of waitFor is refused by name, whatever it would come to", async () => {
    const store = createStore();
    store.set("k", 1);
    for (const predicate of [async () => true, async () => false, () => Promise.reject(new Error("unheard"))]) {
      const error = (await store.waitFor("k", predicate).catch((reason: unknown) => reason)) as HoldallError;
      expect([error.code, error.message]).toEqual(["INVALID_ARGUMENT", expect.stringContaining("predicate")]);
    }
  });

  it("of watch matches nothing, and onError hears why", () => {
    const errors: HoldallError[] = [];
    const heard: unknown[] = [];
    const store = createStore({ onError: (error) => errors.push(error as HoldallError) });
    store.watch((async () => true) as never, (change) => heard.push(change));
    expect(errorOf(() => store.set("k", 1))).toBeUndefined();
    expect([heard, errors.map(({ code }) => code), keysOf(store)]).toEqual([[], ["INVALID_ARGUMENT"], ["k"]]);
  });
});
