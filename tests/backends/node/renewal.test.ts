/**
 * Contract 15: a trap fails every store of its instance; those that a backend keeps are loaded into another one and go on. On an engine that traps
 * when it is told to.
 */
import { readFile } from "node:fs/promises";
import { setImmediate as turn } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { RawStore } from "../../../pkg/holdall.js";
import type { Backend } from "../../../ts/backends/backend.js";
import { file } from "../../../ts/backends/file/index.js";
import { memory } from "../../../ts/backends/memory/index.js";
import type { BackedStore, Change, Store } from "../../../ts/index.js";
import { opener } from "../../../ts/opener.js";
import type { OpenOptions } from "../../../ts/replica/types.js";
import { storeFactory } from "../../../ts/store/factory.js";
import { coreOf, type StoreView } from "../../../ts/store/view.js";
import { manualClock } from "../../../ts/testing/index.js";
import { put, Replica, remove } from "../../../ts/testing/suites/backend/trial.js";
import { newFolder } from "./file/support.js";
import { Gate } from "./gate.js";

vi.mock("../../../pkg/holdall.js", () => import("../../../target/holdall/trap/holdall.js" as string));

const bytes = await readFile("target/holdall/trap/holdall_bg.wasm");
const createStore = storeFactory(() => bytes);
const openStore = opener(() => () => bytes);

/** Traps in the middle of a change of a store. */
function trap(store: Store | BackedStore): void {
  const raw = coreOf(store as unknown as StoreView).raw as RawStore & { trap(): never };
  expect(() => raw.trap()).toThrow(expect.objectContaining({ code: "ENGINE_FAILED" }));
}

const failed = expect.objectContaining({ code: "ENGINE_FAILED" });

/** Changes, as tests compare them. */
const told = ({ type, key, value, previous, origin }: Change) => ({ type, key, value, previous, origin });

afterEach(() => {
  vi.restoreAllMocks();
});

describe.each<[string, () => Backend]>([
  ["in memory", () => memory()],
  ["in a folder", () => file({ path: newFolder() })],
])("a store kept %s, when its engine has failed", (_, connect) => {
  let backend: Backend;
  let gate: Gate;
  const open = (options?: Partial<OpenOptions>) => openStore({ backend: gate, ...options });
  /** A replica without an engine, as if in another process. */
  const openReplica = async () => new Replica(await backend.open({ name: "default", scope: "", replica: "other" }), "other");

  beforeEach(() => {
    backend = connect();
    gate = new Gate(backend);
  });
  afterEach(async () => {
    gate.release();
    await backend.close();
  });

  it("refuses calls until it is loaded into another engine, which `sync` waits for, and goes on then", async () => {
    const errors: unknown[] = [];
    const store = await open({ onError: (error) => errors.push(error) });
    const idle = await open({ name: "idle" });
    const scope = store.scope("user");
    scope.set("1", { name: "Ada" }, { tags: ["admin"], ttl: "1h" });
    idle.set("k", 1);
    await Promise.all([store.flush(), idle.flush()]);
    const version = scope.meta("1")?.version;
    expect(scope.get("1")).toEqual({ name: "Ada" });

    // It was none of theirs that failed.
    trap(createStore());
    for (const call of [() => scope.get("1"), () => store.set("a", 1), () => store.size, () => store.watch(() => undefined)]) {
      expect(call).toThrow(failed);
    }
    await expect(store.compareAndSet("a", 1, { version: 0 })).rejects.toEqual(failed);
    expect(store.status).toMatchObject({ state: "degraded", lastError: failed, backlog: 0 });

    await Promise.all([store.sync(), idle.sync()]);
    expect(store.status.state).toBe("ready");
    expect(errors).toEqual([failed]);
    expect([scope.get("1"), scope.meta("1")?.version, [...store.find({ anyTags: ["admin"] })], store.size, idle.get("k")]).toEqual([
      { name: "Ada" },
      version,
      ["user:1"],
      1,
      1,
    ]);
    await expect(scope.increment("count")).resolves.toBe(1);
    await store.setAndWait("after", true);
    const other = await open();
    expect([other.get("user:count"), other.get("after"), other.size]).toEqual([1, true, 3]);
    await Promise.all([store.close(), other.close(), idle.close()]);
  });

  it("loses what was not sent, says so, and takes it when it is written again", async () => {
    const store = await open();
    await store.setAndWait("kept", 1);
    const heard: Change[] = [];
    store.watch((change) => heard.push(change));
    store.set("kept", 2);
    store.set("new", 2);
    trap(store);
    await expect(store.flush()).rejects.toEqual(failed);
    await store.sync();
    expect([store.get("kept"), store.get("new")]).toEqual([1, undefined]);
    expect(heard.map(told)).toEqual([
      { type: "set", key: "kept", value: 2, previous: 1, origin: "local" },
      { type: "set", key: "new", value: 2, previous: undefined, origin: "local" },
      { type: "set", key: "kept", value: 1, previous: 2, origin: "load" },
      { type: "delete", key: "new", value: undefined, previous: 2, origin: "load" },
    ]);
    // A loss is reported once.
    await store.flush();
    store.set("new", 3);
    await store.flush();
    const other = await open();
    expect([other.get("kept"), other.get("new")]).toEqual([1, 3]);
    await Promise.all([store.close(), other.close()]);
  });

  it("tells each who waits what became of the write: committed where it was out, lost where it was behind", async () => {
    const store = await open();
    gate.hold();
    const out = [store.setAndWait("a", 1), store.setAndWait("b", 1)];
    await gate.isHolding();
    const behind = [store.setAndWait("c", 1), store.increment("d"), store.transaction((tx) => tx.set("e", 1))];
    const flush = store.flush();
    trap(store);
    expect(await Promise.allSettled(behind)).toEqual(behind.map(() => ({ status: "rejected", reason: failed })));
    gate.release();
    await Promise.all(out);
    await expect(flush).rejects.toEqual(failed);
    await store.sync();
    expect([...store.entries()]).toEqual([
      ["a", 1],
      ["b", 1],
    ]);
    await store.close();
  });

  it("applies once what was out, though its first answer was lost, and shows it before its caller hears", async () => {
    const store = await open();
    await store.setAndWait("count", 10);
    gate.hold();
    const sum = store.increment("count", 5);
    await gate.isHolding();
    trap(store);
    gate.release({ losing: 1 });
    expect(await sum).toBe(15);
    expect(store.get("count")).toBe(15);
    expect(await store.increment("count")).toBe(16);
    await store.close();
  });

  it("waits for no second answer where it fails right behind the first one", async () => {
    // What was decided counted as out for another turn, and nothing was settled then: `flush` and `close` waited for ever.
    const store = await open();
    const stop = store.watch(() => {
      stop();
      store.set("unsent", 1);
      queueMicrotask(() => trap(store));
    });
    expect(await store.increment("count")).toBe(1);
    await expect(store.flush()).rejects.toEqual(failed);
    await store.sync();
    await store.flush();
    expect([...store.entries()]).toEqual([["count", 1]]);
    await store.close();
  });

  it("finds a store replaced that is so while it waits for what is out", async () => {
    // It looked once, and then waited for an answer that the former store never gave.
    const store = await open();
    await store.setAndWait("a", 1);
    gate.hold();
    const write = store.setAndWait("b", 1);
    await gate.isHolding();
    const { loads } = gate;
    trap(store);
    while (gate.loads === loads) await turn();
    await turn();
    await backend.remove({ name: "default" });
    gate.release();
    await write;
    await store.sync();
    expect([...store.entries()]).toEqual([["b", 1]]);
    await store.close();
  });

  it("runs again what was out and found a conflict", async () => {
    const [store, other] = [await open(), await openStore({ backend })];
    await store.setAndWait("count", 1);
    gate.hold();
    const sum = store.increment("count");
    await gate.isHolding();
    await other.increment("count", 10);
    trap(createStore());
    gate.release();
    expect(await sum).toBe(12);
    expect([store.get("count"), store.status.conflicts]).toEqual([12, 1]);
    await Promise.all([store.close(), other.close()]);
  });

  it("loads nothing before that is decided which was out, so that nothing which comes later can have missed it", async () => {
    const store = await open();
    await store.setAndWait("count", 1);
    const { loads } = gate;
    gate.hold();
    const sum = store.increment("count");
    await gate.isHolding();
    trap(store);
    const up = vi.fn();
    const sync = store.sync().then(up);
    while (gate.loads === loads) await turn();
    for (let turns = 0; turns < 50; turns++) await turn();
    expect(up).not.toHaveBeenCalled();
    gate.release();
    expect(await sum).toBe(2);
    await sync;
    await store.close();
  });

  it("tells of what was committed, and not shown yet since the log was behind, when it is shown", async () => {
    const store = await open();
    await store.setAndWait("count", 1);
    gate.isTelling = false;
    const other = await openReplica();
    await other.committed([put("other", "1")]);
    let isTold = false;
    const sum = store.increment("count").finally(() => {
      isTold = true;
    });
    while (gate.commits < 2) await turn();
    await turn();
    expect([store.get("count"), isTold]).toEqual([1, false]);
    trap(store);
    expect([await sum, store.get("count")]).toEqual([2, 2]);
    await store.close();
  });

  it("reads what has changed meanwhile, and not what it had read before", async () => {
    const store = await open();
    await store.setAndWait("a", "1");
    expect(store.get("a")).toBe("1");
    const other = await openReplica();
    trap(store);
    await other.committed([put("a", "2")]);
    await store.sync();
    expect(store.get("a")).toBe("2");
    await store.close();
  });

  it("reports a refusal of what was out to its caller", async () => {
    const store = await open({ maxEntries: 1 });
    await store.setAndWait("a", 1);
    gate.hold();
    const refused = store.setAndWait("b", 1);
    await gate.isHolding();
    trap(store);
    gate.release();
    await expect(refused).rejects.toMatchObject({ code: "QUOTA_EXCEEDED" });
    await store.sync();
    expect([...store.keys()]).toEqual(["a"]);
    await store.close();
  });

  it("lets listeners hear how what was loaded differs, expiry too, and nothing else", async () => {
    const clock = manualClock(1_700_000_000_000);
    const store = await open({ clock });
    store.setMany([
      ["changed", 1],
      ["deleted", 1],
      ["same", 1],
    ]);
    store.set("due", 1, { ttl: 1_000_000_000 });
    await store.flush();
    const heard: Change[] = [];
    store.watch((change) => heard.push(change));
    const other = await openReplica();
    // What is loaded has all of this in it, however long that takes.
    gate.isReachable = false;
    trap(createStore());
    await other.committed([put("changed", "2"), remove("deleted"), put("made", "2")]);
    clock.advance(1_000_000_000);
    gate.isReachable = true;
    await store.sync();
    const byKey = [...heard].sort((one, two) => (one.key < two.key ? -1 : 1));
    expect(byKey.map(told)).toEqual([
      { type: "set", key: "changed", value: "2", previous: 1, origin: "load" },
      { type: "delete", key: "deleted", value: undefined, previous: 1, origin: "load" },
      { type: "expire", key: "due", value: undefined, previous: 1, origin: "local" },
      { type: "set", key: "made", value: "2", previous: undefined, origin: "load" },
    ]);
    await store.close();
  });

  it("tells of all that is there where nothing is known of what had been shown", async () => {
    const store = await open();
    await store.setAndWait("a", 1);
    const heard: Change[] = [];
    store.watch((change) => heard.push(change));
    vi.spyOn(WebAssembly.Memory.prototype, "grow").mockImplementation(() => {
      throw new RangeError("no memory");
    });
    trap(store);
    await store.sync();
    expect(heard.map(told)).toEqual([{ type: "set", key: "a", value: 1, previous: undefined, origin: "load" }]);
    await store.close();
  });

  it("ends feeds by a code where they cannot know what they missed, and begins new ones", async () => {
    const store = await open();
    await store.setAndWait("a", 1);
    const feed = store.changes()[Symbol.asyncIterator]();
    await store.setAndWait("a", 2);
    expect((await feed.next()).value).toMatchObject({ changes: [{ key: "a", value: 2 }] });
    const next = feed.next();
    next.catch(() => undefined);
    const other = await openReplica();
    gate.isReachable = false;
    trap(store);
    await other.committed([put("a", "3")]);
    gate.isReachable = true;
    await store.sync();
    await expect(next).rejects.toMatchObject({ code: "CURSOR_TOO_OLD" });
    const later = store.changes()[Symbol.asyncIterator]();
    await store.setAndWait("a", 4);
    expect((await later.next()).value).toMatchObject({ changes: [{ key: "a", value: 4, previous: "3" }] });
    await store.close();
  });

  it("ends feeds by that code where it finds another store in place of the one that failed, with as many commits", async () => {
    // It was found replaced by the first of two loadings, and the second one, which cursors begin anew at, took it for the same.
    const store = await open();
    await store.setAndWait("a", 1);
    const { cursor } = store.status;
    const next = store.changes().next();
    next.catch(() => undefined);
    gate.isReachable = false;
    trap(store);
    await backend.remove({ name: "default" });
    const other = await openReplica();
    await other.committed([put("b", "1")]);
    gate.isReachable = true;
    await expect(next).rejects.toMatchObject({ code: "CURSOR_TOO_OLD" });
    await store.sync();
    expect([...store.entries()]).toEqual([["b", "1"]]);
    expect(() => store.changes({ since: cursor })).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
    await store.close();
  });

  it("ends a transaction that was under way by that code, and harms no other engine by it", async () => {
    const store = await open();
    await store.setAndWait("a", 1);
    const late = store.transaction(async (tx) => {
      tx.get("a");
      trap(createStore());
      await store.sync();
    });
    await expect(late).rejects.toEqual(failed);
    expect(store.get("a")).toBe(1);
    await store.close();
  });

  it("comes back as often as that happens, and conditions hold as ever", async () => {
    const [store, other] = [await open(), await openStore({ backend })];
    await store.setAndWait("count", 0);
    for (let round = 1; round <= 4; round++) {
      trap(round % 2 === 0 ? store : other);
      await Promise.all([store.sync(), other.sync()]);
      await Promise.all([store.increment("count"), other.increment("count")]);
      // A range that another has changed since is found so, by replicas that count on after their first life.
      const late = store.transaction(async (tx) => {
        const { size } = tx;
        await other.setAndWait(`by:${round}`, size);
        tx.set("size", size);
      });
      await expect(late).rejects.toMatchObject({ code: "CONFLICT" });
    }
    await Promise.all([store.sync(), other.sync()]);
    expect([store.get("count"), other.get("count"), store.get("size")]).toEqual([8, 8, undefined]);
    await Promise.all([store.close(), other.close()]);
  });

  it("waits until the backend can be reached, and can be closed before", async () => {
    const store = await open();
    await store.setAndWait("a", 1);
    gate.isReachable = false;
    trap(store);
    const sync = store.sync().catch((error) => error);
    await gate.wasTried();
    expect(() => store.get("a")).toThrow(failed);
    expect(store.status.state).toBe("degraded");
    await store.close();
    expect(await sync).toMatchObject({ code: expect.stringMatching(/CLOSED|UNAVAILABLE/) });
    expect(() => store.get("a")).toThrow(expect.objectContaining({ code: "CLOSED" }));
    gate.isReachable = true;
    const again = await open();
    expect(again.get("a")).toBe(1);
    await again.close();
  });
});
