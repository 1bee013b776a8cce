/** Promises of contract 9 for `changes`: commits as an async iterator that goes on from a cursor, never skips, and says when it cannot. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type ChangeFeed, createStore, type ErrorCode, HoldallError, type RecordedCommit, type Store } from "../../ts/index.js";
import { contentsOf, expectError, fill, inShort, subscribed, timedStore } from "./support.js";

/** The next commit of a feed. */
async function next(feed: ChangeFeed): Promise<RecordedCommit> {
  const { done, value } = await feed.next();
  if (done) throw new Error("The feed is done");
  return value;
}

/** The next commits of a feed. */
async function take(feed: ChangeFeed, count: number): Promise<RecordedCommit[]> {
  const commits: RecordedCommit[] = [];
  while (commits.length < count) commits.push(await next(feed));
  return commits;
}

/** What commits changed, in short: type and key. */
const keysOf = (commits: readonly RecordedCommit[]) =>
  commits.map(({ changes }) => changes.map(({ type, key }) => `${type} ${key}`).join());

/** Expects a promise to be rejected by an error of the family with a code. */
async function expectRejected(promise: Promise<unknown>, code: ErrorCode): Promise<void> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error, `nothing was rejected, ${code} expected`).toBeInstanceOf(HoldallError);
  expect(error).toMatchObject({ code });
}

/** Whether a promise is still open after whatever is due now. */
async function isOpen(promise: Promise<unknown>): Promise<boolean> {
  let open = true;
  const close = () => {
    open = false;
  };
  promise.then(close, close);
  for (let turn = 0; turn < 10; turn++) await Promise.resolve();
  return open;
}

describe("a feed", () => {
  it("gives each commit from now on, as subscribers hear it, each with a cursor", async () => {
    const store = createStore();
    store.set("before", 1);
    const feed = store.changes();
    const heard = subscribed(store);
    store.setMany([
      ["b", { deep: [1] }],
      ["a", 2n],
    ]);
    store.addTag("a", "t");
    store.delete("none");
    store.clear();
    const commits = await take(feed, 3);
    expect(commits.map(({ cursor, ...commit }) => commit)).toEqual(heard);
    expect(new Set(commits.map(({ cursor }) => cursor)).size).toBe(3);
    expect(commits[0]).toMatchObject({ version: 2, origin: "local", cursor: expect.any(String) });
    expect(await isOpen(feed.next())).toBe(true);
  });

  it("waits for the next commit, whoever makes it, and for expiry", async () => {
    const { store, clock } = timedStore();
    const feed = store.changes();
    const first = next(feed);
    expect(await isOpen(first)).toBe(true);
    store.scope("s").set("k", 1, { ttl: 5 });
    expect(keysOf([await first])).toEqual(["set s:k"]);
    const second = next(feed);
    clock.advance(5);
    expect((await second).changes.map(inShort)).toEqual([["expire", "s:k", 1, undefined]]);
    store.set("k", 2, { ttl: 5 });
    clock.advance(4);
    expect(keysOf([await next(feed)])).toEqual(["set k"]);
    clock.advance(1);
    expect(keysOf([await next(feed)])).toEqual(["expire k"]);
  });

  it("tells what made room together with what needed it", async () => {
    const store = createStore({ maxEntries: 1 });
    const feed = store.changes();
    fill(store, "a", "b");
    expect(keysOf(await take(feed, 2))).toEqual(["set a", "evict a,set b"]);
  });

  it("of a scope or a reader gives only what changes something there, under its short keys", async () => {
    const store = createStore();
    const [scoped, read] = [store.scope("s").changes(), store.reader().scope("s").scope("t").changes()];
    store.set("k", 1);
    store.setMany([
      ["s:b", 1],
      ["k", 2],
      ["s:t:a", 1],
    ]);
    store.set("st", 1);
    store.set("s:t:c", 3);
    expect(keysOf(await take(scoped, 2))).toEqual(["set b,set t:a", "set t:c"]);
    expect(keysOf(await take(read, 2))).toEqual(["set a", "set c"]);
  });

  it("gives values that are frozen, or its caller's own where they cannot be", async () => {
    const store = createStore();
    const feeds = [store.changes(), store.changes()];
    const date = new Date(5);
    store.set("k", { list: [1] });
    store.set("k", { date });
    const [frozen, own] = (await take(feeds[0] as ChangeFeed, 2)).map(({ changes }) => changes[0]?.value);
    expect([frozen, Object.isFrozen((frozen as { list: unknown }).list)]).toEqual([{ list: [1] }, true]);
    (own as unknown as { date: Date }).date.setTime(9);
    const [, other] = await take(feeds[1] as ChangeFeed, 2);
    expect(other?.changes[0]?.value).toEqual({ date: new Date(5) });
    expect(store.get("k")).toEqual({ date: new Date(5) });
  });

  it("gives the commits that listeners make in the order in which they were made", async () => {
    const store = createStore();
    const feed = store.changes();
    store.watch("in", () => fill(store, "out1", "out2"));
    fill(store, "in", "later");
    expect(keysOf(await take(feed, 4))).toEqual(["set in", "set out1", "set out2", "set later"]);
  });

  it("goes beside others, each at its own pace, and answers several who ask at once in their order", async () => {
    const store = createStore();
    const [slow, fast] = [store.changes(), store.changes()];
    const asked = [next(fast), next(fast), next(fast)];
    fill(store, "a", "b");
    const late = store.changes();
    fill(store, "c");
    expect(keysOf(await Promise.all(asked))).toEqual(["set a", "set b", "set c"]);
    expect(keysOf(await take(late, 1))).toEqual(["set c"]);
    expect(keysOf(await take(slow, 3))).toEqual(["set a", "set b", "set c"]);
  });
});

describe("a cursor", () => {
  it("is where another feed goes on, of any view of the store", async () => {
    const store = createStore();
    const feed = store.changes();
    fill(store, "a", "s:b", "c", "s:d");
    const commits = await take(feed, 4);
    const from = (at: number) => ({ since: commits[at]?.cursor ?? "" });
    expect(keysOf(await take(store.changes(from(0)), 3))).toEqual(["set s:b", "set c", "set s:d"]);
    expect(keysOf(await take(store.scope("s").changes(from(1)), 1))).toEqual(["set d"]);
    expect(keysOf(await take(store.reader().changes(from(2)), 1))).toEqual(["set s:d"]);
    const last = store.changes(from(3)).next();
    expect(await isOpen(last)).toBe(true);
    store.set("e", 1);
    expect((await last).value?.changes[0]?.key).toBe("e");
  });

  it("is there from the start, so that a copy made then is followed without a gap", async () => {
    const store = createStore();
    fill(store, "old");
    const { cursor } = store.changes();
    const copy = new Map(contentsOf(store));
    fill(store, "new");
    const feed = store.changes({ since: cursor });
    expect(feed.cursor).toBe(cursor);
    expect([[...copy.keys()], keysOf(await take(feed, 1))]).toEqual([["old"], ["set new"]]);
    expect(feed.cursor).not.toBe(cursor);
  });

  it("of a feed moves on with what the feed has given or passed over", async () => {
    const store = createStore();
    const feed = store.scope("s").changes();
    fill(store, "s:a", "b");
    const { cursor } = await next(feed);
    expect(feed.cursor).toBe(cursor);
    const waiting = feed.next();
    expect(feed.cursor).not.toBe(cursor);
    const rest = store.changes({ since: feed.cursor }).next();
    fill(store, "s:c");
    expect([(await waiting).value?.changes[0]?.key, (await rest).value?.changes[0]?.key]).toEqual(["c", "s:c"]);
  });

  it("of another store, or none at all, is refused", async () => {
    const store = createStore();
    const other = createStore();
    expectError(() => store.changes({ since: other.changes().cursor }), "INVALID_ARGUMENT", "since");
    const feed = store.changes();
    store.set("k", 1);
    const { cursor } = await next(feed);
    const future = cursor.replace(/.$/, "2");
    const strange = ["", "0", ".", ".1", "x.y", `${cursor}!`, ` ${cursor}`, cursor.toUpperCase(), cursor.slice(0, -1), future];
    for (const since of [...strange, other.changes().cursor, store.clone().changes().cursor]) {
      expectError(() => store.changes({ since }), "INVALID_ARGUMENT", "since");
    }
    for (const since of [null, 5, {}, []]) expectError(() => store.changes({ since } as never), "INVALID_ARGUMENT", "since");
    for (const options of [null, 5, "text"]) expectError(() => store.changes(options as never), "INVALID_ARGUMENT", "options");
    expect(keysOf(await take(store.changes({ since: feed.cursor.replace(/.$/, "0") }), 1))).toEqual(["set k"]);
  });
});

describe("the history", () => {
  it("is bounded in commits: a cursor beyond it says so, and the last one within it works", async () => {
    const store = createStore({ history: { maxCommits: 3 } });
    const feed = store.changes();
    const cursors = [feed.cursor];
    for (const key of "abc") {
      fill(store, key);
      cursors.push((await next(feed)).cursor);
    }
    expect(keysOf(await take(store.changes({ since: cursors[0] }), 3))).toEqual(["set a", "set b", "set c"]);
    fill(store, "d");
    await expectRejected(store.changes({ since: cursors[0] }).next(), "CURSOR_TOO_OLD");
    expect(keysOf(await take(store.changes({ since: cursors[1] }), 3))).toEqual(["set b", "set c", "set d"]);
    // Long enough for what it forgets to be swept several times.
    await next(feed);
    for (let index = 0; index < 100; index++) {
      const since = feed.cursor;
      fill(store, `k${index}`, `l${index}`, `m${index}`);
      const commits = await take(feed, 3);
      expect([keysOf(commits)[0], await take(store.changes({ since }), 3)]).toEqual([`set k${index}`, commits]);
      fill(store, "one too many");
      await expectRejected(store.changes({ since }).next(), "CURSOR_TOO_OLD");
      await next(feed);
    }
  });

  it("is bounded in bytes, exactly", async () => {
    // One set of a one-byte key to a one-byte text: count 4, type 1, key 5, value 6, no previous value 1, no tags 4.
    const bytes = 4 + 1 + 5 + 6 + 1 + 4;
    const followed = async (maxBytes: number) => {
      const store = createStore({ history: { maxBytes } });
      const feed = store.changes();
      fill(store, "a", "b", "c");
      return keysOf(await take(feed, 3));
    };
    expect(await followed(3 * bytes)).toEqual(["set a", "set b", "set c"]);
    await expectRejected(followed(3 * bytes - 1), "CURSOR_TOO_OLD");
  });

  it("holds 10,000 commits unless told otherwise", async () => {
    const store = createStore();
    const [first, second] = [store.changes(), store.changes()];
    for (let index = 0; index < 10_000; index++) store.set("k", index);
    expect((await next(first)).changes[0]?.value).toBe(0);
    store.set("k", -1);
    expect((await next(first)).changes[0]?.value).toBe(1);
    await expectRejected(second.next(), "CURSOR_TOO_OLD");
  });

  it("holds 8 MiB unless told otherwise", async () => {
    const store = createStore();
    const [first, second] = [store.changes(), store.changes()];
    const mebibyte = "x".repeat(2 ** 20 - 100);
    for (let index = 0; index < 8; index++) store.set(`k${index}`, mebibyte);
    expect(keysOf(await take(first, 1))).toEqual(["set k0"]);
    store.set("k8", mebibyte);
    await expectRejected(second.next(), "CURSOR_TOO_OLD");
    expect(keysOf(await take(first, 8)).at(-1)).toBe("set k8");
  });

  it("that a slow feed falls out of is an error each time it is asked, never a gap", async () => {
    const store = createStore({ history: { maxCommits: 2 } });
    const feed = store.changes();
    fill(store, "a", "b", "c");
    await expectRejected(feed.next(), "CURSOR_TOO_OLD");
    fill(store, "d");
    await expectRejected(feed.next(), "CURSOR_TOO_OLD");
    const follow = async () => {
      for await (const _ of store.changes({ since: feed.cursor })) expect.unreachable();
    };
    await expectRejected(follow(), "CURSOR_TOO_OLD");
  });

  it("is not needed by who waits: not for a commit beyond its bounds, nor while a quiet scope waits among many commits", async () => {
    const store = createStore({ history: { maxCommits: 2, maxBytes: 100 } });
    const [all, quiet] = [store.changes(), store.scope("quiet").changes()];
    const [large, late] = [next(all), next(quiet)];
    store.set("large", "x".repeat(1_000));
    for (let index = 0; index < 100; index++) store.set("k", index);
    store.set("quiet:k", 1);
    expect([keysOf([await large]), keysOf([await late])]).toEqual([["set large"], ["set k"]]);
    await expectRejected(all.next(), "CURSOR_TOO_OLD");
  });

  it("begins with the first feed, and stays when feeds end", async () => {
    const store = createStore();
    fill(store, "a");
    const feed = store.changes();
    const { cursor } = feed;
    await feed.return();
    fill(store, "b");
    expect(keysOf(await take(store.changes({ since: cursor }), 1))).toEqual(["set b"]);
  });

  it("of a clone is its own, within the same bounds", async () => {
    const store = createStore({ history: { maxCommits: 1 } });
    store.changes();
    const clone = store.clone();
    const feed = clone.changes();
    fill(store, "a", "b", "c");
    expect(await isOpen(feed.next())).toBe(true);
    const behind = clone.changes();
    fill(clone, "a", "b");
    await expectRejected(behind.next(), "CURSOR_TOO_OLD");
  });

  it("refuses bounds that are none", () => {
    for (const history of [null, 5, "text"]) expectError(() => createStore({ history } as never), "INVALID_ARGUMENT", "history");
    for (const name of ["maxCommits", "maxBytes"]) {
      expectError(() => createStore({ history: { [name]: "1" } } as never), "INVALID_ARGUMENT", `history.${name}`);
      for (const bound of [0, -1, 1.5, Number.NaN]) expectError(() => createStore({ history: { [name]: bound } }), "OUT_OF_RANGE", name);
    }
  });
});

describe("the end of a feed", () => {
  it("comes by leaving the loop", async () => {
    const store = createStore();
    const feed = store.changes();
    fill(store, "a", "b", "c");
    const seen: string[] = [];
    for await (const { changes } of feed) {
      seen.push(changes[0]?.key ?? "");
      if (seen.length === 2) break;
    }
    expect([seen, await feed.next()]).toEqual([["a", "b"], { done: true, value: undefined }]);
  });

  it("comes by return, to who waits too, and no other feed minds", async () => {
    const store = createStore();
    const [feed, other] = [store.changes(), store.changes()];
    const [waiting, also, others] = [feed.next(), feed.next(), next(other)];
    const done = { done: true, value: undefined };
    expect([await feed.return(), await waiting, await also, await feed.return()]).toEqual([done, done, done, done]);
    fill(store, "a");
    expect([await feed.next(), keysOf([await others])]).toEqual([done, ["set a"]]);
  });

  it("comes by disposing of the store: CLOSED to who waits, and to who asks later", async () => {
    const store = createStore();
    const [feed, ended, scoped] = [store.changes(), store.changes(), store.scope("s").changes()];
    await ended.return();
    const waiting = [expectRejected(feed.next(), "CLOSED"), expectRejected(feed.next(), "CLOSED"), expectRejected(scoped.next(), "CLOSED")];
    fill(store);
    store.dispose();
    await Promise.all(waiting);
    await expectRejected(feed.next(), "CLOSED");
    expect(await ended.next()).toEqual({ done: true, value: undefined });
    expectError(() => store.changes(), "CLOSED");
  });

  it("does not come by disposing of the scope that it was made on, as with watchers", async () => {
    const store = createStore();
    const scope = store.scope("s");
    const feed = scope.changes();
    scope.dispose();
    expectError(() => scope.changes(), "CLOSED");
    fill(store, "s:k");
    expect(keysOf([await next(feed)])).toEqual(["set k"]);
  });
});

describe("replaying a feed", () => {
  /** One call on a store. */
  type Call = (store: Store) => unknown;
  const key = fc.constantFrom("a", "b", "s:a", "s:b", "s:t:a", "😀");
  const value = fc.oneof(fc.integer(), fc.string({ unit: "binary", maxLength: 8 }), fc.constant({ at: new Date(7), list: [1n] }));
  const call: fc.Arbitrary<Call> = fc.oneof(
    fc.record({ key, value, ttl: fc.constantFrom(null, 1, 3) }).map(
      ({ key, value, ttl }): Call =>
        (store) =>
          store.set(key, value, { ttl }),
    ),
    fc.array(fc.tuple(key, value), { maxLength: 4 }).map(
      (pairs): Call =>
        (store) =>
          store.setMany(pairs),
    ),
    key.map(
      (key): Call =>
        (store) =>
          store.delete(key),
    ),
    fc.constantFrom("s", "s:t").map(
      (scope): Call =>
        (store) =>
          store.scope(scope).clear(),
    ),
    key.map(
      (key): Call =>
        (store) =>
          store.addTag(key, "t"),
    ),
  );

  it("from any cursor, of any view, on a copy made there gives what the view holds", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(call, fc.nat(2)), { maxLength: 20 }), fc.constantFrom("", "s"), async (calls, name) => {
        const { store, clock } = timedStore({ maxEntries: 4 });
        const view = name === "" ? store : store.scope(name);
        const copies: [cursor: string, copy: Map<string, unknown>][] = [];
        for (const [run, pause] of calls) {
          copies.push([view.changes().cursor, new Map(contentsOf(view))]);
          run(store);
          clock.advance(pause);
        }
        const last = view.changes().cursor;
        for (const [since, copy] of copies) {
          const feed = view.changes({ since });
          while (feed.cursor !== last) {
            const step = feed.next();
            if (await isOpen(step)) break;
            for (const { type, key, value } of (await step).value?.changes ?? []) {
              if (type === "set" || type === "meta") copy.set(key, value);
              else copy.delete(key);
            }
          }
          expect(copy).toEqual(new Map(contentsOf(view)));
        }
      }),
      { numRuns: 100 },
    );
  });
});
