/** Promises of contract 1 on scopes: live views with short keys, that nest, and on which every operation means the same, restricted. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createStore, type Store } from "../../ts/index.js";
import { contentsOf, expectError, fill, inShort, keysOf, picture, subscribed, type Told, timedStore, watched } from "./support.js";

describe("a scope", () => {
  it("is a live view: both see at once what either writes", () => {
    const store = createStore();
    const users = store.scope("user");
    store.set("user:1", "Ada");
    users.set("2", "Grace");
    expect([users.get("1"), store.get("user:2")]).toEqual(["Ada", "Grace"]);
    store.set("user:1", "Ada L.");
    expect(users.get("1")).toBe("Ada L.");
    users.delete("1");
    expect(store.has("user:1")).toBe(false);
    expect(store.scope("user").get("2")).toBe("Grace");
  });

  it("nests, and a name with a colon is the same as two names", () => {
    const store = createStore();
    const deep = store.scope("a").scope("b").scope("c");
    deep.set("k", 1);
    expect(keysOf(store)).toEqual(["a:b:c:k"]);
    expect(store.scope("a:b").scope("c").get("k")).toBe(1);
    expect(store.scope("a:b:c").get("k")).toBe(1);
    expect(keysOf(store.scope("a"))).toEqual(["b:c:k"]);
  });

  it("does not reach beside its prefix", () => {
    const store = createStore();
    fill(store, "a", "a:", "a:x", "a;x", "a9", "ab:x", "b:a:x", "A:x", "à:x");
    const scope = store.scope("a");
    expect(keysOf(scope)).toEqual(["", "x"]);
    expect(scope.size).toBe(2);
    expect(scope.clear()).toBe(2);
    expect(keysOf(store)).toEqual(["A:x", "a", "a9", "a;x", "ab:x", "b:a:x", "à:x"]);
  });

  it("may have any name that keys may have", () => {
    const store = createStore();
    for (const name of [" ", ":", "a:", "é", "😀", "__proto__", "constructor", "a~b", "\0", "-"]) {
      const scope = store.scope(name);
      scope.set("k", name);
      expect(store.get(`${name}:k`)).toBe(name);
      expect(contentsOf(scope)).toEqual([["k", name]]);
    }
  });

  it("is refused for the empty name, a part with a leading ~ and what is no text", () => {
    const store = createStore();
    for (const view of [store, store.scope("s")]) {
      // The latter three would reach into what is isolated within the scope before them.
      for (const name of ["", "~", "~a", "~a:", "a:~", "a:~1", "a:b:~1:c"]) expectError(() => view.scope(name), "INVALID_ARGUMENT", "name");
      for (const name of [undefined, null, 5, {}, []]) expectError(() => view.scope(name as never), "INVALID_ARGUMENT", "name");
      expectError(() => view.scope("\ud800"), "INVALID_KEY", "name");
      expectError(() => view.reader().scope(""), "INVALID_ARGUMENT", "name");
    }
    expect(store.size).toBe(0);
  });

  it("keeps bytes and texts apart from those of its neighbours in the exchange", () => {
    const store = createStore();
    const views = [store, store.scope("é"), store.scope("s"), store.scope("s").scope("t"), store.isolate("i")];
    for (let round = 0; round < 3; round++) for (const [index, view] of views.entries()) view.set(`k${round}`, index);
    for (let round = 0; round < 3; round++) expect(views.map((view) => view.get(`k${round}`))).toEqual([0, 1, 2, 3, 4]);
  });
});

describe("an isolated scope", () => {
  it("is the prefix ~, the id with : and ~ escaped, and :", () => {
    const store = createStore();
    store.isolate("a:b~c").set("k", 1);
    expect(keysOf(store)).toEqual(["~a~1b~0c:k"]);
    expect(contentsOf(store.isolate("a:b~c"))).toEqual([["k", 1]]);
  });

  it("is reached by no other id and no named scope, whatever they are", () => {
    const id = fc.oneof(
      fc.string({ unit: fc.constantFrom("a", ":", "~", "0", "1"), minLength: 1, maxLength: 6 }),
      fc.string({ unit: "grapheme", minLength: 1, maxLength: 5 }),
    );
    fc.assert(
      fc.property(id, id, fc.string({ unit: fc.constantFrom("a", ":", "~", "0", "1"), maxLength: 6 }), (mine, other, key) => {
        const store = createStore();
        const own = store.isolate(mine);
        own.set(key, "mine");
        own.scope("nested").set("k", "mine");
        if (other !== mine) {
          expect(keysOf(store.isolate(other))).toEqual([]);
          store.isolate(other).set(key, "theirs");
          expect(store.isolate(other).clear()).toBe(1);
        }
        if (!/(?:^|:)~/.test(other)) {
          expect(keysOf(store.scope(other))).toEqual([]);
          store.scope(other).clear();
        }
        expect(own.get(key)).toBe("mine");
        expect(own.size).toBe(2);
        store.dispose();
      }),
      { numRuns: 300 },
    );
  });

  it("nests in scopes, and in itself", () => {
    const store = createStore();
    store.scope("t").isolate("a").isolate("b").scope("c").set("k", 1);
    expect(keysOf(store)).toEqual(["t:~a:~b:c:k"]);
    expect(keysOf(store.scope("t").isolate("a:~b"))).toEqual([]);
  });

  it("is refused for an empty id and what is no text", () => {
    const store = createStore();
    expectError(() => store.isolate(""), "INVALID_ARGUMENT", "id");
    expectError(() => store.reader().isolate(""), "INVALID_ARGUMENT", "id");
    for (const id of [undefined, null, 5, {}]) expectError(() => store.isolate(id as never), "INVALID_ARGUMENT", "id");
    expectError(() => store.isolate("\udc00"), "INVALID_KEY", "id");
  });
});

describe("keys are relative to the scope", () => {
  it("in results", () => {
    const store = createStore();
    const scope = store.scope("s");
    scope.set("a", 1, { tags: ["t"] });
    scope.set("b", 2);
    store.set("x", 3, { tags: ["t"] });
    expect(keysOf(scope)).toEqual(["a", "b"]);
    expect(contentsOf(scope)).toEqual([
      ["a", 1],
      ["b", 2],
    ]);
    expect([...scope.find({ allTags: ["t"] })]).toEqual(["a"]);
    expect([...scope.find({ allTags: ["t"], prefix: "a" })]).toEqual(["a"]);
    expect([...scope.keys({ after: "a" })]).toEqual(["b"]);
    expect([...scope.keys({ after: "s:a" })]).toEqual([]);
    expect([...scope.keys({ prefix: "s:" })]).toEqual([]);
  });

  it("in events", () => {
    const store = createStore();
    const [all, inS, inST] = [store, store.scope("s"), store.scope("s").scope("t")].map(watched) as [Told[], Told[], Told[]];
    const commits = subscribed(store.scope("s"));
    store.setMany([
      ["s:t:k", 1],
      ["x", 2],
    ]);
    expect(all).toEqual([
      ["set", "s:t:k", undefined, 1],
      ["set", "x", undefined, 2],
    ]);
    expect(inS).toEqual([["set", "t:k", undefined, 1]]);
    expect(inST).toEqual([["set", "k", undefined, 1]]);
    expect(commits.map(({ changes }) => changes.map(inShort))).toEqual([[["set", "t:k", undefined, 1]]]);
  });

  it("in errors, which name the scope too", () => {
    const scope = createStore().scope("s").scope("t");
    expect(expectError(() => scope.getOrThrow("k"), "NOT_FOUND")).toMatchObject({ key: "k", scope: "s:t" });
    expect(expectError(() => scope.compareAndSet("k", 1, { version: 9 }), "CONFLICT")).toMatchObject({ key: "k", scope: "s:t" });
    const bounded = createStore({ maxEntries: 1, policy: "reject" }).scope("s");
    bounded.set("a", 1);
    expect(expectError(() => bounded.set("b", 1), "QUOTA_EXCEEDED")).toMatchObject({ key: "b", scope: "s" });
    const atTop = expectError(() => createStore().getOrThrow("k"), "NOT_FOUND");
    expect(atTop).toMatchObject({ key: "k" });
    expect("scope" in atTop).toBe(false);
  });
});

/** Every operation of a store, in a fixed order, told as results. */
function exercise(view: Store, advance: (span: number) => void): unknown[] {
  const told = watched(view);
  const commits = subscribed(view);
  const results: unknown[] = [];
  const note = (result: unknown) => results.push(result);
  view.set("a", "1", { tags: ["x", "y"], properties: { p: 1 }, description: "d" });
  view.setMany(
    [
      ["b", [1, 2]],
      ["c:d", { e: null }],
      ["", 0],
    ],
    { ttl: 50 },
  );
  note([
    view.size,
    view.get("a"),
    view.getOrThrow("b"),
    view.getOrDefault("none", 7),
    view.getMutable("c:d"),
    view.peek(""),
    view.has("zz"),
  ]);
  note(view.getMany(["a", "none", ""]));
  note([
    keysOf(view),
    [...view.values()],
    contentsOf(view),
    [...view.keys({ reverse: true, limit: 2 })],
    [...view.keys({ prefix: "c", after: "b" })],
  ]);
  note([
    [...view.find({ allTags: ["x"] })],
    [...view.find({ anyTags: ["y", "z"], prefix: "a" })],
    view.hasTag("a", "x"),
    view.hasTag("b", "x"),
  ]);
  note([
    [...view.find({ property: { name: "p" } })],
    [...view.find({ property: [{ name: "p", value: 1 }], kind: "object", prefix: "a" })],
    [...view.keysByKind(["array", "null"])],
    [...view.findBySchema(["number"])],
    view.schemaOf("a"),
    view.getProperty("a", "p"),
  ]);
  note([view.ttl("a"), view.ttl("b"), view.ttl("none"), view.kindOf("a"), view.kindOf("b"), view.kindOf("none")]);
  note([
    view.touch("a", "1s"),
    view.touch("none", 5),
    view.persist("b"),
    view.addTag("b", "z"),
    view.removeTag("a", "x"),
    view.setMeta("a", { description: "d" }),
    view.setProperty("b", "p", 2),
    view.removeProperty("a", "p"),
    view.delete("none"),
  ]);
  note(picture(view));
  note([view.compareAndSet("n", 1, { version: 0 }), view.delete("n"), view.deleteMany(["a", "none", "a"])]);
  advance(50);
  note([view.has("c:d"), view.get(""), keysOf(view)]);
  note([view.clear(), view.size, view.clear()]);
  return [results, told, commits];
}

describe("every operation", () => {
  it("means the same on a scope as on a store, whatever is beside it", () => {
    const plain = timedStore();
    const expected = exercise(plain.store, (span) => plain.clock.advance(span));
    for (const make of [
      (root: Store) => root.scope("s"),
      (root: Store) => root.scope("s").scope("t"),
      (root: Store) => root.isolate("s"),
      (root: Store) => root.scope("é😀"),
    ]) {
      const timed = timedStore();
      expect(exercise(make(timed.store), (span) => timed.clock.advance(span))).toEqual(expected);
      expect(timed.store.size).toBe(0);
    }
  });

  it("leaves what is beside it alone", () => {
    const { store, clock } = timedStore();
    fill(store, "r", "s", "s9", "t:a");
    store.set("sa:a", 1, { tags: ["x", "y", "z"], ttl: 10_000 });
    const before = picture(store);
    exercise(store.scope("s"), (span) => clock.advance(span));
    expect(picture(store)).toEqual(before);
  });
});
