/** A typed view of a backed store means what one of a plain store means; what the backend decides, it decides of checked values. */
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { memory } from "../../ts/backends/memory/index.js";
import { type BackedStore, openStore, SchemaError, type Store } from "../../ts/index.js";

const user = z.object({ name: z.string(), visits: z.number().default(0) });
const ada = { name: "Ada", visits: 0 };
const wrong = { name: 5, visits: "s3cret" } as never;

/** Runs a test on two replicas of one store. */
async function shared(test: (store: BackedStore, other: BackedStore) => Promise<void>): Promise<void> {
  const backend = memory();
  const [store, other] = [await openStore({ backend }), await openStore({ backend })];
  await test(store, other);
  await Promise.all([store.close(), other.close()]);
  await backend.close();
}

describe("a typed view of a backed store", () => {
  it("shows at once what the schema makes of a value, and gives it frozen here and wherever it comes to", () =>
    shared(async (store, other) => {
      const [users, others] = [store.scope("user").typed(user), other.scope("user").typed(user)];
      users.set("1", { name: "Ada" } as typeof ada, { tags: ["t"] });
      users.setMany([["2", ada]]);
      expect([users.get("1"), users.meta("1")?.pending, [...users.keys()], users.size]).toEqual([ada, true, ["1", "2"], 2]);
      await users.flush();
      await other.sync();
      expect([others.get("1"), others.hasTag("1", "t"), Object.isFrozen(others.get("1"))]).toEqual([ada, true, true]);
      expect([users.delete("1"), users.deleteMany(["2", "3"]), users.clear()]).toEqual([true, 1, 0]);
      await users.flush();
      await other.sync();
      expect(other.size).toBe(0);
    }));

  it("takes no bounds for its scopes, as the store beneath takes none", () =>
    shared(async (store) => {
      for (const view of [store, store.typed(user), store.reader()]) {
        for (const scope of ["scope", "isolate"] as const) {
          const bounded = () => (view[scope] as Store["scope"]).call(view, "s", { maxEntries: 2 });
          expect(bounded).toThrow(expect.objectContaining({ code: "NOT_SUPPORTED", message: expect.stringContaining("bounds") }));
        }
      }
    }));

  it("lets the backend decide, upon what is there and not what is here", () =>
    shared(async (store, other) => {
      const [users, others] = [store.typed(user), other.typed(user)];
      await users.setAndWait("1", ada);
      await other.sync();
      const visit = (view: typeof users) =>
        view.update("1", (present) => ({ name: "Ada", visits: (present?.visits ?? 0) + 1 }), { retries: 100 });
      const visits = await Promise.all(Array.from({ length: 10 }, (_, at) => visit(at % 2 === 0 ? users : others)));
      expect(visits.map((each) => each.visits).sort((left, right) => left - right)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
      const version = users.meta("1")?.version ?? 0;
      await expect(users.compareAndSet("1", ada, { version: version - 1 })).rejects.toMatchObject({ code: "CONFLICT" });
      expect(await users.compareAndSet("1", ada, { version })).toBeGreaterThan(version);
      expect([
        await users.touch("1", "1h"),
        await users.persist("1"),
        await users.addTag("1", "t"),
        await users.removeTag("1", "t"),
      ]).toEqual([true, true, true, true]);
      await users.acknowledged();
    }));

  it("refuses what does not pass, by every way, with the places and no value, and sends nothing", () =>
    shared(async (store) => {
      const users = store.typed(user);
      await users.setAndWait("1", ada);
      const { cursor } = store.status;
      for (const call of [() => users.set("1", wrong), () => users.setMany([["1", wrong]])]) {
        expect(call).toThrow(expect.objectContaining({ code: "INVALID_VALUE", key: "1" }));
      }
      for (const promise of [
        users.setAndWait("1", wrong),
        users.compareAndSet("1", wrong, { version: 1 }),
        users.update("1", () => wrong),
      ]) {
        const error = await promise.catch((reason: unknown) => reason);
        expect(error).toBeInstanceOf(SchemaError);
        expect(`${(error as Error).message} ${JSON.stringify(error)}`).not.toContain("s3cret");
      }
      expect(() => users.set("", ada)).toThrow(expect.objectContaining({ code: "INVALID_KEY" }));
      await expect(users.update("", () => ada)).rejects.toMatchObject({ code: "INVALID_KEY" });
      await store.sync();
      expect([users.get("1"), store.status.cursor]).toEqual([ada, cursor]);
    }));

  it("says TYPE_MISMATCH of what another has written that does not pass, and hides no other change by it", () =>
    shared(async (store, other) => {
      const users = store.typed(user);
      const heard: string[] = [];
      users.watch((change) => {
        heard.push(change.key);
        if (change.key === "bad") expect(() => change.value).toThrow(expect.objectContaining({ code: "TYPE_MISMATCH" }));
      });
      other.setMany([
        ["bad", { name: 5 }],
        ["good", ada],
      ]);
      await other.flush();
      await store.sync();
      expect(() => users.get("bad")).toThrow(expect.objectContaining({ code: "TYPE_MISMATCH" }));
      await expect(users.update("bad", () => ada)).rejects.toMatchObject({ code: "TYPE_MISMATCH" });
      expect([users.get("good"), heard]).toEqual([ada, ["bad", "good"]]);
      expect(users.reader().get("good")).toEqual(ada);
      expect("set" in users.reader()).toBe(false);
    }));

  it("restores by a codec what a store cannot hold, in isolated scopes too", () =>
    shared(async (store, other) => {
      const codec = { encode: (tags: Set<string>) => [...tags], decode: (stored: readonly string[]) => new Set(stored) };
      const schema = z.set(z.string());
      const [tags, others] = [store.typed(schema, codec).isolate("a:b"), other.typed(schema, codec).isolate("a:b")];
      await tags.setAndWait("k", new Set(["x"]));
      const updated = await tags.update("k", (present) => new Set([...(present ?? []), "y"]));
      await other.sync();
      expect([updated, others.get("k"), store.isolate("a:b").get("k")]).toEqual([new Set(["x", "y"]), new Set(["x", "y"]), ["x", "y"]]);
      const mine = others.get("k");
      mine?.add("z");
      expect(others.get("k")).toEqual(new Set(["x", "y"]));
    }));
});
