/** Promises of contract 2 on typed stores: a schema checks what is set and what is read, in every call, and the rest is as in any store. */
import * as v from "valibot";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { createStore, type DeepReadonly, SchemaError, type Store, type TypedReader, type TypedStore } from "../../ts/index.js";
import { expectError, picture, subscribed, timedStore } from "./support.js";

interface Input {
  name: string;
  tags?: string[] | undefined;
}
interface User {
  name: string;
  tags: string[];
}

const zodUser = z.object({ name: z.string(), tags: z.array(z.string()).default([]) });
const valibotUser = v.object({ name: v.string(), tags: v.optional(v.array(v.string()), () => []) });
const libraries: [string, (store: Store) => TypedStore<DeepReadonly<Input>, User>][] = [
  ["zod", (store) => store.typed(zodUser)],
  ["valibot", (store) => store.typed(valibotUser)],
];

const ada = { name: "Ada", tags: [] as string[] };
const bad = { name: 5 } as never;

describe.each(libraries)("a store typed by %s", (_name, typedBy) => {
  it("stores what the schema makes of a value, and gives it frozen, the same to all who ask", () => {
    const store = createStore();
    const users = typedBy(store);
    users.set("1", { name: "Ada" }, { tags: ["t"] });
    expect(store.get("1")).toEqual(ada);
    const value = users.get("1");
    expect(value).toEqual(ada);
    const others = [users.getOrThrow("1"), users.getOrDefault("1", { name: "", tags: [] }), users.peek("1"), users.getMany(["1"])[0]];
    others.push(users.reader().get("1"), typedBy(store).get("1"));
    expect(others.map((other) => other === value)).toEqual(others.map(() => true));
    expect([Object.isFrozen(value), Object.isFrozen(value?.tags), users.hasTag("1", "t")]).toEqual([true, true, true]);
    for (const listed of [[...users.values()][0], [...users.entries()][0]?.[1], [...users][0]?.[1]]) {
      expect([listed, Object.isFrozen(listed)]).toEqual([ada, true]);
    }
  });

  it("refuses to set what does not pass, by every way, with INVALID_VALUE, the places and no value, and changes nothing", async () => {
    const store = createStore();
    const users = typedBy(store.scope("user"));
    users.set("1", ada);
    const before = picture(store);
    const commits = subscribed(store);
    const secret = "s3cret";
    const wrong = { name: 5, tags: [secret, 1] } as never;
    for (const call of [
      () => users.set("1", wrong),
      () => users.compareAndSet("1", wrong, { version: 1 }),
      () =>
        users.setMany([
          ["2", ada],
          ["1", wrong],
        ]),
      () => users.update("1", () => wrong),
      () => users.update("2", () => wrong),
    ]) {
      const error = expectError(call, "INVALID_VALUE", "$.name, $.tags[1]") as SchemaError;
      expect([error instanceof SchemaError, error.issues.length, error.scope]).toEqual([true, 2, "user"]);
      expect(`${error.message} ${JSON.stringify(error)}`).not.toContain(secret);
    }
    await expect(users.getOrLoad("2", () => wrong)).rejects.toMatchObject({ code: "INVALID_VALUE", key: "2" });
    await expect(users.getOrLoad("2", () => wrong)).rejects.toBeInstanceOf(SchemaError);
    expect([picture(store), commits]).toEqual([before, []]);
  });

  it("throws TYPE_MISMATCH for a stored value that does not pass, by every way of reading, never a default", async () => {
    const store = createStore();
    const users = typedBy(store.scope("user"));
    store.set("user:1", { name: 5 });
    for (const reader of [users, users.reader(), typedReaderOf(store)]) {
      for (const call of [
        () => reader.get("1"),
        () => reader.getOrThrow("1"),
        () => reader.getOrDefault("1", ada),
        () => reader.getMutable("1"),
        () => reader.peek("1"),
        () => reader.getMany(["2", "1"]),
        () => [...reader.values()],
        () => [...reader.entries()],
        () => [...reader],
      ]) {
        const error = expectError(call, "TYPE_MISMATCH", "$.name");
        expect(error).toMatchObject({ key: "1", scope: "user" });
      }
    }
    expectError(() => users.update("1", () => ada), "TYPE_MISMATCH");
    await expect(users.getOrLoad("1", () => ada)).rejects.toMatchObject({ code: "TYPE_MISMATCH" });
    expect([users.has("1"), users.size, store.get("user:1")]).toEqual([true, 1, { name: 5 }]);
  });

  it("tells missing from mismatching: undefined, NOT_FOUND, or the default", () => {
    const { store, clock } = timedStore();
    const users = typedBy(store);
    users.set("1", ada, { ttl: 5 });
    clock.advance(5);
    const fallback = { name: "nobody", tags: [] };
    expect([users.get("1"), users.peek("1"), users.getMutable("1"), users.getMany(["1"])]).toEqual([
      undefined,
      undefined,
      undefined,
      [undefined],
    ]);
    expect(users.getOrDefault("1", fallback)).toBe(fallback);
    expect(expectError(() => users.getOrThrow("1"), "NOT_FOUND")).toMatchObject({ expired: true });
  });

  const typedReaderOf = (store: Store): TypedReader<User> => store.scope("user").reader().typed(zodUser);

  it("gives a copy to edit by getMutable", () => {
    const store = createStore();
    const users = typedBy(store);
    users.set("1", ada);
    const copy = users.getMutable("1");
    copy?.tags.push("new");
    expect([copy, users.get("1")]).toEqual([{ name: "Ada", tags: ["new"] }, ada]);
  });

  it("updates in one step, and keeps the deadline", () => {
    const { store } = timedStore();
    const users = typedBy(store.scope("user"));
    users.set("1", ada, { ttl: 50 });
    const seen: unknown[] = [];
    const returned = users.update("1", (user) => {
      seen.push(user);
      return { name: `${user?.name} L.` };
    });
    expect([seen, returned, Object.isFrozen(returned), users.ttl("1")]).toEqual([[ada], { name: "Ada L.", tags: [] }, true, 50]);
    expect(users.update("2", (user) => user ?? ada)).toEqual(ada);
    const mine = new Error("mine");
    expect(() => {
      users.update("1", () => {
        throw mine;
      });
    }).toThrow(mine);
    expectError(() => {
      users.update("1", () => {
        users.delete("1");
        return ada;
      });
    }, "CONFLICT");
    expectError(() => users.update("1", 5 as never), "INVALID_ARGUMENT", "change");
  });

  it("loads what the schema takes, once for all", async () => {
    const { store } = timedStore();
    const users = typedBy(store);
    let loads = 0;
    const load = async () => {
      loads += 1;
      return { name: "Ada" };
    };
    const [first, second] = await Promise.all([users.getOrLoad("1", load, { ttl: 5, tags: ["t"] }), users.getOrLoad("1", load)]);
    expect([first, second === first, first === users.get("1"), loads, users.ttl("1"), users.hasTag("1", "t")]).toEqual([
      ada,
      true,
      true,
      1,
      5,
      true,
    ]);
  });

  it("tells changes with typed values, and a value that does not pass only to who looks at it", () => {
    const errors: unknown[] = [];
    const store = createStore({ onError: (error) => errors.push(error) });
    const users = typedBy(store.scope("user"));
    const told: unknown[] = [];
    users.watch(({ type, key, value }) => told.push([type, key, value?.name]));
    users.watch("1", ({ previous, version, origin }) => told.push(["by key", previous?.tags, version, origin]));
    users.reader().watch({ tag: "t" }, ({ key }) => told.push(["tagged", key]));
    const ends = users.subscribe(({ changes }) => told.push(changes.map(({ value, previous }) => [value, previous])));
    users.set("1", ada, { tags: ["t"] });
    expect(told.splice(0)).toEqual([["by key", undefined, 1, "local"], ["set", "1", "Ada"], ["tagged", "1"], [[ada, undefined]]]);
    ends();
    store.set("user:1", { name: 5 });
    expect(told.splice(0)).toEqual([
      ["by key", [], 2, "local"],
      ["tagged", "1"],
    ]);
    expect(errors.splice(0)).toMatchObject([{ code: "TYPE_MISMATCH", key: "1", scope: "user" }]);
    users.delete("1");
    expect(told.splice(0)).toEqual([
      ["delete", "1", undefined],
      ["tagged", "1"],
    ]);
    expect(errors).toMatchObject([{ code: "TYPE_MISMATCH" }]);
  });

  it("has no empty key", async () => {
    const store = createStore();
    const users = typedBy(store.scope("user"));
    store.set("user:", ada);
    for (const call of [
      () => users.set("", ada),
      () => users.compareAndSet("", ada, { version: 0 }),
      () => users.setMany([["", ada]]),
      () => users.update("", () => ada),
      () => users.get(""),
      () => users.getOrThrow(""),
      () => users.getOrDefault("", ada),
      () => users.getMutable(""),
      () => users.peek(""),
      () => users.getMany(["1", ""]),
      () => users.has(""),
      () => users.ttl(""),
      () => users.meta(""),
      () => users.hasTag("", "t"),
      () => users.kindOf(""),
      () => users.delete(""),
      () => users.deleteMany([""]),
      () => users.touch("", 5),
      () => users.persist(""),
      () => users.addTag("", "t"),
      () => users.removeTag("", "t"),
      () => users.watch("", () => undefined),
      () => users.reader().get(""),
      () => users.scope("eu").get(""),
    ]) {
      expectError(call, "INVALID_KEY", "empty");
    }
    await expect(users.getOrLoad("", () => ada)).rejects.toMatchObject({ code: "INVALID_KEY" });
    expect([store.size, store.meta("user:")?.version]).toEqual([1, 1]);
  });

  it("passes everything else on, with its options and results", () => {
    const { store, clock } = timedStore();
    const users = typedBy(store.scope("user"));
    users.setMany(
      [
        ["1", ada],
        ["2", { name: "Grace" }],
        ["eu:3", ada],
      ],
      { ttl: 50, tags: ["t"] },
    );
    const version = users.meta("1")?.version ?? 0;
    expect([users.size, [...users.keys()], [...users.keys({ reverse: true, limit: 1 })]]).toEqual([3, ["1", "2", "eu:3"], ["eu:3"]]);
    expect([[...users.find({ allTags: ["t"], prefix: "eu" })], users.kindOf("1"), users.stats().entries]).toEqual([["eu:3"], "object", 3]);
    expect([...users.values({ after: "1", limit: 1 })]).toEqual([{ name: "Grace", tags: [] }]);
    expect(users.compareAndSet("1", ada, { version, keepTtl: true })).toBe(version + 1);
    expectError(() => users.compareAndSet("1", ada, { version }), "CONFLICT");
    expect([users.touch("1", 9), users.ttl("1"), users.persist("1"), users.ttl("1")]).toEqual([true, 9, true, null]);
    expect([users.addTag("1", "u"), users.hasTag("1", "u"), users.removeTag("1", "u"), users.hasTag("1", "u")]).toEqual([
      true,
      true,
      true,
      false,
    ]);
    expect([users.delete("2"), users.delete("2"), users.has("2"), users.deleteMany(["2", "1"])]).toEqual([true, false, false, 1]);
    clock.advance(50);
    expect([users.size, users.clear()]).toEqual([0, 0]);
    store.set("other", 1);
    users.set("1", ada);
    expect([users.clear(), [...store.keys()]]).toEqual([1, ["other"]]);
  });

  it("has scopes, readers and clones that are typed too", () => {
    const store = createStore();
    const users = typedBy(store.scope("user"));
    const [eu, own] = [users.scope("eu", { maxEntries: 1 }), users.isolate("x:y")];
    eu.set("1", { name: "Ada" });
    own.set("1", { name: "Own" });
    eu.set("2", { name: "Grace" });
    expect([[...eu.keys()], [...own.keys()], users.size, store.has("user:eu:2")]).toEqual([["2"], ["1"], 2, true]);
    const clone = users.clone();
    eu.clear();
    expect([clone.scope("eu").get("2"), eu.get("2"), users.reader().scope("eu").size, users.reader().isolate("x:y").get("1")]).toEqual([
      { name: "Grace", tags: [] },
      undefined,
      0,
      { name: "Own", tags: [] },
    ]);
    for (const view of [eu, own, clone, clone.scope("eu")]) expectError(() => view.set("1", bad), "INVALID_VALUE");
    store.set("user:eu:9", 5);
    for (const reader of [users.scope("eu"), users.reader().scope("eu"), eu.reader()]) {
      expect(expectError(() => reader.get("9"), "TYPE_MISMATCH")).toMatchObject({ key: "9", scope: "user:eu" });
    }
  });

  it("ends with its store", () => {
    const store = createStore();
    const users = typedBy(store);
    users.set("1", ada);
    users.get("1");
    store.dispose();
    for (const call of [
      () => users.get("1"),
      () => users.set("1", ada),
      () => users.size,
      () => users.scope("s"),
      () => users.watch(() => undefined),
    ])
      expectError(call, "CLOSED");
  });
});

describe("what a typed view shares with the store beneath", () => {
  it("is its entries: an empty key that others have set is listed and counted, and not to be had by key", () => {
    const store = createStore();
    const users = store.typed(zodUser);
    store.set("", ada);
    users.set("1", ada);
    expect([[...users.keys()], [...users.values()], users.size]).toEqual([["", "1"], [ada, ada], 2]);
    expectError(() => users.get(""), "INVALID_KEY");
  });

  it("is not to be merged from or compared with by the typed view itself", () => {
    const users = createStore().typed(zodUser);
    for (const call of [
      (store: Store) => store.merge(users as never, "skip"),
      (store: Store) => store.copyFrom(users as never),
      (store: Store) => store.diff(users as never),
      (store: Store) => store.collisions(users as never),
    ])
      expectError(() => call(createStore()), "INVALID_ARGUMENT", "other must be an untyped store");
  });
});

describe("a typed reader", () => {
  it("has no mutator in reach", () => {
    const store = createStore();
    const readers = [store.reader().typed(zodUser), store.typed(zodUser).reader(), store.reader().typed(zodUser).scope("s")];
    const mutators = [
      "set",
      "compareAndSet",
      "setMany",
      "update",
      "getOrLoad",
      "delete",
      "deleteMany",
      "clear",
      "touch",
      "persist",
      "addTag",
      "removeTag",
    ];
    for (const reader of readers)
      for (const mutator of [...mutators, "dispose", "clone"]) expect([mutator, mutator in reader]).toEqual([mutator, false]);
  });
});
