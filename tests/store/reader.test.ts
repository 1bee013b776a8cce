/** Promises of contract 1 on readers: no mutators, in types and at run time, and none on what a reader gives out. */
import { describe, expect, it } from "vitest";
import { createStore, type Reader, type Store, type Transaction } from "../../ts/index.js";
import { contentsOf, timedStore, watched } from "./support.js";

const mutators = [
  "set",
  "compareAndSet",
  "update",
  "increment",
  "updateFields",
  "getOrLoad",
  "delete",
  "setMany",
  "deleteMany",
  "clear",
  "touch",
  "persist",
  "addTag",
  "removeTag",
  "setMeta",
  "setProperty",
  "removeProperty",
  "transaction",
  "merge",
  "copyFrom",
  "restore",
  "import",
  "use",
  "dispose",
  Symbol.dispose,
] as const satisfies readonly (keyof Store)[];

const readersOf = (store: Store): [string, Reader][] => [
  ["a store's", store.reader()],
  ["a scope's", store.scope("s").reader()],
  ["an isolated scope's", store.isolate("s").reader()],
  ["the scope of a", store.reader().scope("s")],
  ["the scope of the scope of a", store.reader().scope("s").scope("t")],
  ["the isolated scope of a", store.reader().isolate("s")],
];

describe("a reader", () => {
  it("has no mutator in reach: on itself, on its scopes, or by their prototypes", () => {
    for (const [name, reader] of readersOf(createStore())) {
      for (const mutator of mutators) expect([name, mutator, mutator in reader]).toEqual([name, mutator, false]);
    }
  });

  // Half of them found the store by what every view has, so whoever had a reader and a store of their own could write.
  it("is not written through by the methods of another store that are called on it", async () => {
    for (const index of readersOf(createStore()).keys()) {
      const store = createStore();
      store.set("s:k", 1);
      const other = createStore();
      other.set("k", "hacked");
      let transaction: Transaction | undefined;
      other.transaction((tx) => {
        transaction = tx;
      });
      const [name, reader] = readersOf(store)[index] as [string, Reader];
      const borrowed: Record<string, readonly unknown[]> = {
        set: ["k", "hacked"],
        compareAndSet: ["k", "hacked", { version: 0 }],
        update: ["k", () => "hacked"],
        increment: ["n"],
        updateFields: ["k", {}],
        getOrLoad: ["k2", () => "hacked"],
        delete: ["k"],
        setMany: [[["k", "hacked"]]],
        deleteMany: [["k"]],
        clear: [],
        touch: ["k", 1],
        persist: ["k"],
        addTag: ["k", "hacked"],
        setMeta: ["k", { tags: ["hacked"] }],
        transaction: [(tx: Transaction) => tx.set("k", "hacked")],
        merge: [other, "overwrite"],
        copyFrom: [other],
        restore: [other.snapshot()],
        import: [[...other.export()], "overwrite"],
        use: [{ read: () => "hacked" }],
        scope: ["t"],
        dispose: [],
      };
      for (const [method, parameters] of Object.entries(borrowed)) {
        for (const lender of [other, transaction] as unknown as Record<string, ((...all: unknown[]) => unknown) | undefined>[]) {
          const call = lender[method];
          if (call === undefined) continue;
          await expect(async () => call.apply(reader, [...parameters]), `${method} on ${name} reader`).rejects.toThrow(TypeError);
        }
      }
      expect([...store]).toEqual([["s:k", 1]]);
      expect(store.meta("s:k")?.tags).toEqual([]);
    }
  });

  it("refuses mutators in types", () => {
    const reader = createStore().reader();
    // @ts-expect-error readers cannot write
    expect(() => reader.set("k", 1)).toThrow(TypeError);
    // @ts-expect-error nor can their scopes
    expect(() => reader.scope("s").delete("k")).toThrow(TypeError);
    // @ts-expect-error nor be made a reader of
    expect(() => reader.reader()).toThrow(TypeError);
  });

  it("compares and copies as bytes, which changes nothing", () => {
    const { store, clock } = timedStore();
    const other = createStore({ clock });
    store.set("s:both", 1);
    store.set("s:mine", 1);
    other.set("both", 2);
    other.set("theirs", 2);
    const reader = store.reader().scope("s");
    expect(reader.collisions(other.reader())).toEqual(["both"]);
    expect(reader.diff(other)).toEqual({ added: ["theirs"], removed: ["mine"], changed: ["both"] });
    expect(other.diff(reader)).toEqual({ added: ["mine"], removed: ["theirs"], changed: ["both"] });
    expect(reader.snapshot()).toEqual(store.scope("s").snapshot());
  });

  it("sees what the store sees, live", () => {
    const { store, clock } = timedStore();
    const reader = store.reader();
    const scoped = reader.scope("s");
    store.set("s:k", { a: 1 }, { tags: ["t"], ttl: 10 });
    expect(reader.get("s:k")).toBe(store.get("s:k"));
    expect(scoped.get("k")).toBe(store.get("s:k"));
    expect([reader.size, scoped.size, scoped.has("k"), scoped.ttl("k"), scoped.kindOf("k"), scoped.hasTag("k", "t")]).toEqual([
      1,
      1,
      true,
      10,
      "object",
      true,
    ]);
    expect([...scoped.find({ allTags: ["t"] })]).toEqual(["k"]);
    expect(reader.meta("s:k")).toEqual(store.meta("s:k"));
    expect(reader.stats()).toEqual(store.stats());
    clock.advance(10);
    expect([reader.get("s:k"), scoped.get("k"), contentsOf(reader)]).toEqual([undefined, undefined, []]);
  });

  it("may listen", () => {
    const store = createStore();
    const told = watched(store.reader().scope("s"));
    store.set("s:k", 1);
    store.set("k", 2);
    expect(told).toEqual([["set", "k", undefined, 1]]);
  });

  it("cannot change the store by what it gives out", () => {
    const store = createStore();
    store.set("k", { list: [1] }, { tags: ["t"], properties: { p: [1] } });
    const reader = store.reader();
    expect(() => (reader.getOrThrow<{ list: number[] }>("k").list as number[]).push(2)).toThrow(TypeError);
    (reader.meta("k") as unknown as { tags: string[] }).tags.push("u");
    const copy = reader.getMutable<{ list: number[] }>("k");
    copy?.list.push(2);
    expect([store.get("k"), store.meta("k")?.tags, store.hasTag("k", "u")]).toEqual([{ list: [1] }, ["t"], false]);
  });
});
