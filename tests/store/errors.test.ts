/** Promises of contract 15: one family with codes, which names the argument and never a value, and after which nothing has changed. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type Clock,
  createStore,
  HoldallError,
  HoldallRangeError,
  HoldallTypeError,
  type Store,
  type StoreOptions,
} from "../../ts/index.js";
import { errorOf, expectError, picture, subscribed, timedStore } from "./support.js";

describe("the family", () => {
  it("is told by instanceof, its codes and its names, whichever class of error it is", () => {
    const store = createStore();
    const notFound = expectError(() => store.getOrThrow("k"), "NOT_FOUND");
    const range = expectError(() => store.set("k", 1, { ttl: 0 }), "OUT_OF_RANGE");
    const type = expectError(() => store.set("k", 1, null as never), "INVALID_ARGUMENT");
    expect([notFound, range, type].map((error) => error instanceof Error)).toEqual([true, true, true]);
    expect([range instanceof RangeError, range instanceof HoldallRangeError, range instanceof HoldallTypeError]).toEqual([
      true,
      true,
      false,
    ]);
    expect([type instanceof TypeError, type instanceof HoldallTypeError, notFound instanceof RangeError]).toEqual([true, true, false]);
    expect([notFound.name, range.name, type.name]).toEqual(["NotFoundError", "RangeError", "TypeError"]);
    expect(new Error("other") instanceof HoldallError).toBe(false);
    for (const candidate of [null, undefined, 5, "text", {}] as unknown[]) expect(candidate instanceof HoldallError).toBe(false);
  });

  it("shows no stored value", () => {
    const secret = "s3cret-value";
    const store = createStore({ maxEntries: 1, policy: "reject" });
    store.set("k", { secret }, { tags: ["t"], properties: { secret }, description: secret });
    const cyclic: Record<string, unknown> = { secret };
    cyclic.self = cyclic;
    for (const call of [
      () => store.compareAndSet("k", secret, { version: 99 }),
      () => store.set("other", secret),
      () =>
        store.setMany([
          ["a", secret],
          ["b", secret],
        ]),
      () => store.set("k", cyclic as never),
      () => store.set("k", { secret, f: () => secret } as never),
      () => store.set("k", 1, { ttl: secret }),
      () => store.set("k", 1, { tags: secret }),
      () => store.set("k", 1, secret as never),
      () => store.getOrThrow("missing"),
    ]) {
      const error = errorOf(call) as Error;
      expect(error).toBeInstanceOf(HoldallError);
      expect(`${error.message} ${error.stack} ${JSON.stringify(error)} ${String(error.cause)}`).not.toContain(secret);
    }
  });
});

describe("the options of createStore", () => {
  const clock: Clock = { now: () => 0, setTimer: () => 0, clearTimer: () => undefined };
  const refused: [unknown, string][] = [
    [null, "options"],
    [5, "options"],
    ["text", "options"],
    [{ onEvict: 5 }, "onEvict"],
    [{ onEvict: null }, "onEvict"],
    [{ onError: "text" }, "onError"],
    [{ clock: null }, "clock"],
    [{ clock: {} }, "clock"],
    [{ clock: { ...clock, now: 5 } }, "clock.now"],
    [{ clock: { ...clock, setTimer: undefined } }, "clock.setTimer"],
    [{ clock: { ...clock, clearTimer: null } }, "clock.clearTimer"],
    [{ policy: "LRU" }, "policy"],
    [{ memo: null }, "memo"],
    [{ memo: true }, "memo"],
    [{ memo: 5 }, "memo"],
    [{ memo: {} }, "memo.maxBytes"],
    [{ memo: { maxBytes: "5" } }, "memo.maxBytes"],
    [{ memo: { maxBytes: 5n } }, "memo.maxBytes"],
    [{ memo: { maxBytes: null } }, "memo.maxBytes"],
    [{ memo: { maxBytes: Symbol("s") } }, "memo.maxBytes"],
    [{ maxEntries: "5" }, "maxEntries"],
    [{ maxBytes: 5n }, "maxBytes"],
    [{ defaultTtl: true }, "defaultTtl"],
  ];
  it.each(refused.map(([options, name]) => [name, options]))("are refused by name: %s", (name, options) => {
    expectError(() => createStore(options as StoreOptions), "INVALID_ARGUMENT", name as string);
  });

  it.each([-1, Number.NaN])("refuse a memo of %s bytes", (maxBytes) => {
    expectError(() => createStore({ memo: { maxBytes } }), "OUT_OF_RANGE", "memo.maxBytes");
  });

  it("may all be undefined", () => {
    const nothing = { clock: undefined, memo: undefined, policy: undefined, onEvict: undefined, onError: undefined };
    const store = createStore({ ...nothing, maxBytes: undefined, maxEntries: undefined, defaultTtl: undefined });
    store.set("k", 1);
    expect(store.get("k")).toBe(1);
  });
});

/** What may be called with anything: all methods but those that end the store. `watch` and `subscribe` may keep what they are given. */
const methods = [
  "getOrDefault",
  "changes",
  "waitFor",
  "use",
  "getOrLoad",
  "transaction",
  "merge",
  "copyFrom",
  "collisions",
  "diff",
  "snapshot",
  "restore",
  "export",
  "import",
  "clear",
  "get",
  "getOrThrow",
  "getAs",
  "getMutable",
  "peek",
  "has",
  "getMany",
  "keys",
  "values",
  "entries",
  "find",
  "ttl",
  "meta",
  "hasTag",
  "kindOf",
  "getProperty",
  "schemaOf",
  "keysByKind",
  "findBySchema",
  "watch",
  "subscribe",
  "stats",
  "set",
  "compareAndSet",
  "update",
  "increment",
  "updateFields",
  "typed",
  "delete",
  "setMany",
  "deleteMany",
  "touch",
  "persist",
  "addTag",
  "removeTag",
  "setMeta",
  "setProperty",
  "removeProperty",
  "scope",
  "isolate",
  "reader",
  "clone",
] as const satisfies readonly (keyof Store)[];

/** Fails to compile unless nothing is missing. */
function complete<_Missing extends never>(): void {}
complete<Exclude<keyof Store, (typeof methods)[number] | "size" | "dispose" | typeof Symbol.iterator | typeof Symbol.dispose>>();

/** Things that pass for what they are not. */
const anything = fc.oneof(
  fc.anything({
    withBigInt: true,
    withDate: true,
    withMap: true,
    withSet: true,
    withTypedArray: true,
    withSparseArray: true,
    withNullPrototype: true,
  }),
  fc.constantFrom<unknown>(
    "k",
    "",
    "\ud800",
    "x".repeat(2_000),
    Symbol("s"),
    () => 1,
    async () => 1,
    new Proxy({}, {}),
  ),
  fc.constantFrom<unknown>(new String("k"), new Number(5), Object(1n), /x/, new Error("e"), Promise.resolve(1), new WeakMap(), globalThis),
  fc.record(
    {
      ttl: fc.anything(),
      keepTtl: fc.anything(),
      tags: fc.anything(),
      properties: fc.anything(),
      description: fc.anything(),
      version: fc.anything(),
      maxEntries: fc.anything(),
      maxBytes: fc.anything(),
      prefix: fc.anything(),
      limit: fc.anything(),
      reverse: fc.anything(),
      after: fc.anything(),
      allTags: fc.anything(),
      anyTags: fc.anything(),
      tag: fc.anything(),
      property: fc.anything(),
      kind: fc.anything(),
      name: fc.anything(),
      value: fc.anything(),
      timeout: fc.anything(),
      signal: fc.anything(),
      since: fc.anything(),
      retries: fc.anything(),
      strategy: fc.anything(),
      base: fc.anything(),
      read: fc.anything(),
      write: fc.anything(),
    },
    { requiredKeys: [] },
  ),
  fc.array(fc.oneof(fc.tuple(fc.constantFrom<unknown>("k", 5), fc.anything()), fc.anything()), { maxLength: 3 }),
);

describe("any argument of any type", () => {
  it("is taken, or refused by an error of the family, after which nothing has changed", async () => {
    const lists = fc.array(anything, { maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...methods), lists, fc.boolean(), async (method, parameters, isScoped) => {
        const { store, clock } = timedStore({ onError: () => undefined });
        const view = isScoped ? store.scope("s") : store;
        view.set("k", { a: 1 }, { tags: ["t"], ttl: 50 });
        view.get("k");
        const before = picture(store);
        const commits = subscribed(store);
        let result: unknown;
        const error = errorOf(() => {
          result = (view[method] as (...all: unknown[]) => unknown).apply(view, parameters);
          if (method === "use") (result as () => void)();
          if (method !== "changes" && typeof result === "object" && result !== null && "next" in result)
            Array.from(result as unknown as Iterable<unknown>);
        });
        if (error !== undefined) {
          expect(error).toBeInstanceOf(HoldallError);
          expect((error as HoldallError).code).toMatch(
            /^(?:INVALID_(?:ARGUMENT|KEY|LINES|SNAPSHOT|VALUE)|OUT_OF_RANGE|NOT_FOUND|TYPE_MISMATCH|CONFLICT|QUOTA_EXCEEDED)$/,
          );
          expect([picture(store), commits, clock.pendingTimers]).toEqual([before, [], 1]);
        }
        store.set("works", 1);
        expect(store.get("works")).toBe(1);
        store.dispose();
        // Of a promise: it is kept, or broken by an error of the family.
        await Promise.resolve(result).catch((reason: unknown) => expect(reason).toBeInstanceOf(HoldallError));
      }),
      { numRuns: 4_000 },
    );
  });

  it("is taken as options of a store, or refused by an error of the family", () => {
    const options = fc.oneof(
      anything,
      fc.record(
        {
          defaultTtl: anything,
          policy: anything,
          onEvict: anything,
          onError: anything,
          memo: fc.oneof(anything, fc.record({ maxBytes: fc.anything() })),
          maxEntries: anything,
          maxBytes: anything,
          clock: anything,
        },
        { requiredKeys: [] },
      ),
    );
    fc.assert(
      fc.property(options, (given) => {
        const error = errorOf(() => createStore(given as StoreOptions).dispose());
        if (error !== undefined) expect(error).toBeInstanceOf(HoldallError);
      }),
      { numRuns: 1_000 },
    );
  });
});

describe("arguments whose own code throws or writes", () => {
  it("change nothing when they throw, and throw what they threw or a refusal that carries it", () => {
    const store = createStore();
    store.set("k", 1);
    const before = picture(store);
    const commits = subscribed(store);
    const mine = new Error("mine");
    const trap = {
      get: () => {
        throw mine;
      },
    };
    const thrower = new Proxy({}, trap) as never;
    const throwingField = {
      get a(): number {
        throw mine;
      },
    };
    const throwing = { [Symbol.iterator]: () => thrower };
    for (const call of [
      () => store.set("k", thrower),
      () => store.update("k", () => thrower),
      () => store.updateFields("k", throwingField),
      () => store.increment("k", 1, thrower),
      () => store.getAs("k", thrower),
      () => store.typed(thrower),
      () => store.set("k", 1, thrower),
      () => store.set("k", 1, { tags: throwing as never }),
      () => store.setMany(thrower),
      () => store.setMany([["k", 2]], thrower),
      () => store.compareAndSet("k", 2, thrower),
      () => store.deleteMany(thrower),
      () => store.keys(thrower),
      () => store.find(thrower),
      () => store.scope("s", thrower),
    ]) {
      const error = errorOf(call) as Error;
      expect(error === mine || (error instanceof HoldallError && error.cause === mine)).toBe(true);
    }
    expect([picture(store), commits]).toEqual([before, []]);
  });

  it("may write to the store while they are read: each write is a commit of its own, and whole", () => {
    const store = createStore({ maxEntries: 100 });
    let writes = 0;
    const write = () => {
      writes += 1;
      store.set(`within${writes}`, `text ${writes}`, { tags: ["within"] });
      store.set(`plain${writes}`, writes);
      store.get(`plain${writes}`);
      store.get(`plain${writes}`);
    };
    const options = {
      get ttl() {
        write();
        return 5_000;
      },
      get tags() {
        write();
        return ["t"];
      },
      get description() {
        write();
        return "d";
      },
      get version() {
        write();
        return 0;
      },
    };
    store.set("a", { v: "value a" }, options);
    store.set("b", "text b", {
      get ttl() {
        write();
        return 5_000;
      },
    });
    store.setMany(
      [
        ["c", "text c"],
        ["d", 4],
      ],
      options,
    );
    store.compareAndSet("e", "text e", options);
    expect(["a", "b", "c", "d", "e"].map((key) => [store.get(key), store.hasTag(key, "t")])).toEqual([
      [{ v: "value a" }, true],
      ["text b", false],
      ["text c", true],
      [4, true],
      ["text e", true],
    ]);
    for (let index = 1; index <= writes; index++)
      expect([store.get(`within${index}`), store.get(`plain${index}`)]).toEqual([`text ${index}`, index]);
  });
});
