/** A store that is still being opened is a store already: what is written early is shown, and done in its order when there is something to do it on. */
import { describe, expect, it, vi } from "vitest";
import { memory } from "../../ts/backends/memory/index.js";
import { HoldallError } from "../../ts/errors.js";
import { type BackedStore, createStore, openStore } from "../../ts/index.js";
import { LateItems } from "../../ts/pepr/late.js";
import { PeprStore } from "../../ts/pepr/store.js";
import type { PeprStoreOptions } from "../../ts/pepr/types.js";

/** The most that a commit may have here. */
const maxCommitBytes = 1_000;

/** A face over a store with these items, which opens when it is told to. */
async function late(items: Record<string, string> = {}, options: PeprStoreOptions = {}) {
  const inner = memory();
  const capabilities = { ...inner.capabilities, maxCommitBytes };
  const backend = {
    kind: "memory",
    capabilities,
    open: inner.open.bind(inner),
    close: inner.close.bind(inner),
    remove: inner.remove.bind(inner),
  };
  const backed = await openStore({ backend });
  backed.setMany(Object.entries(items));
  await backed.flush();
  let open!: (store: BackedStore) => void;
  let fail!: (reason: unknown) => void;
  const opening = new Promise<BackedStore>((resolve, reject) => {
    [open, fail] = [resolve, reject];
  });
  const errors: unknown[] = [];
  const report = (error: unknown) => void errors.push(error);
  const late = new LateItems(opening, createStore(), report);
  const store = new PeprStore({ items: late, opened: late.opened, release: () => backed.close() }, { onError: report, ...options });
  return { store, backed, errors, open: () => open(backed), fail };
}

const contents = (store: BackedStore) => Object.fromEntries(store.entries());

describe("before it has opened", () => {
  it("reads see what was written, and nothing of what is there", async () => {
    const { store, open } = await late({ old: "1" });
    store.setItem("new", "1");
    store.setItem("gone", "1");
    store.removeItem("gone");
    expect([store.getItem("new"), store.getItem("old"), store.has("gone"), store.keys(), store.length]).toEqual([
      "1",
      null,
      false,
      ["new"],
      1,
    ]);
    open();
    await store.ready();
    expect([store.getItem("old"), store.keys()]).toEqual(["1", ["new", "old"]]);
    await store.close();
  });

  it("nothing is ready, and callbacks run once it is, with all that is there", async () => {
    const { store, open } = await late({ old: "1" });
    const ready = vi.fn();
    store.onReady(ready);
    store.setItem("new", "1");
    await Promise.resolve();
    expect(ready).not.toHaveBeenCalled();
    open();
    await store.ready();
    expect(ready.mock.calls).toEqual([[{ new: "1", old: "1" }]]);
    await store.close();
  });

  it("waits go on until it has opened and the write is durable, also for the removal of what is not known to be there", async () => {
    const { store, backed, open } = await late({ old: "1" });
    const settled = vi.fn();
    const waits = [store.setItemAndWait("new", "1"), store.removeItemAndWait("old"), store.removeItemAndWait("missing"), store.flush()];
    for (const wait of waits) wait.then(settled);
    await Promise.resolve();
    expect(settled).not.toHaveBeenCalled();
    open();
    expect(await Promise.all(waits)).toEqual(["ok", "ok", "ok", undefined]);
    expect(contents(backed)).toEqual({ new: "1" });
    await store.close();
  });

  it("a clear is of what turns out to be there too, and of nothing that is written after it", async () => {
    const { store, backed, open } = await late({ old: "1" });
    store.setItem("before", "1");
    store.clear();
    store.setItem("after", "1");
    open();
    await store.flush();
    expect(contents(backed)).toEqual({ after: "1" });
    await store.close();
  });

  it("closing waits for what was written, and for nothing where nothing was", async () => {
    const idle = await late();
    await idle.store.close();
    const { store, backed, open } = await late();
    store.setItem("new", "1");
    const closing = store.close();
    expect(contents(backed)).toEqual({});
    open();
    await closing;
    expect(() => backed.get("new")).toThrow(expect.objectContaining({ code: "CLOSED" }));
  });
});

it("subscribers hear writes, then once what has been there, then commits of others, and nothing when they have ended", async () => {
  const { store, backed, open } = await late({ old: "1" });
  const [told, stopped] = [vi.fn(), vi.fn()];
  store.subscribe(told);
  const stop = store.subscribe(stopped);
  store.setItem("new", "1");
  stop();
  open();
  await store.ready();
  backed.set("remote", "1");
  expect(told.mock.calls.map(([data]) => data)).toEqual([{ new: "1" }, { new: "1", old: "1" }, { new: "1", old: "1", remote: "1" }]);
  expect(stopped).toHaveBeenCalledTimes(1);
  await store.close();
});

it("subscribers hear nothing of an opening that brings nothing", async () => {
  const { store, open } = await late();
  const told = vi.fn();
  store.subscribe(told);
  store.setItem("a", "1");
  open();
  await store.flush();
  expect(told.mock.calls).toEqual([[{ a: "1" }]]);
  await store.close();
});

it("where it cannot be opened, all who wait and all who call later hear why, and onError once", async () => {
  const { store, errors, fail } = await late();
  const reason = new HoldallError("FORBIDDEN", "no");
  const waits = [store.setItemAndWait("a", "1"), store.ready(), store.flush()];
  const outcomes = Promise.allSettled(waits);
  fail(reason);
  expect((await outcomes).map((outcome) => outcome.status === "rejected" && outcome.reason.code)).toEqual(Array(3).fill("FORBIDDEN"));
  expect(errors).toEqual([reason]);
  for (const call of [() => store.getItem("a"), () => store.setItem("a", "1"), () => store.keys(), () => store.clear()]) {
    expect(call).toThrow(reason);
  }
  // Who waits is told as Pepr tells it.
  const told = { code: "FORBIDDEN", cause: reason, message: expect.stringMatching(/^MAX_WAIT_TIME elapsed: Key a/) };
  for (const wait of [store.setItemAndWait("a", "1"), store.removeItemAndWait("a")]) await expect(wait).rejects.toMatchObject(told);
  await expect(store.close()).rejects.toMatchObject({ code: "FORBIDDEN", message: expect.stringMatching(/^MAX_WAIT_TIME elapsed/) });
});

// A wait resolved as though its write had been made, and only onError knew that the store had refused it when it opened.
it("a write that the store refuses when it opens rejects its wait, and goes to onError where nobody waits; those beside it are made", async () => {
  const { store, backed, errors, open } = await late();
  const large = "x".repeat(maxCommitBytes);
  const [small, refused] = [store.setItemAndWait("small", "1"), store.setItemAndWait("large", large)];
  store.setItem("unheard", large);
  const later = store.setItemAndWait("later", "1");
  open();
  const refusal = (key: string) => ({
    code: "COMMIT_TOO_LARGE",
    key,
    message: expect.stringMatching(`^MAX_WAIT_TIME elapsed: Key ${key} is refused`),
  });
  await expect(refused).rejects.toMatchObject(refusal("large"));
  expect(await Promise.all([small, later])).toEqual(["ok", "ok"]);
  expect(errors).toEqual([expect.objectContaining(refusal("unheard"))]);
  expect([store.keys(), contents(backed)]).toEqual([["later", "small"], { later: "1", small: "1" }]);
  await store.close();
});

// It was reported as an error that nobody handles, which ends a process.
it("who closes it before it has opened is not told that it never did", async () => {
  const { store, errors, fail } = await late();
  await store.close();
  fail(new HoldallError("CLOSED", "the store was closed before it was opened"));
  await new Promise((resolve) => setTimeout(resolve));
  expect(errors).toEqual([]);
});

it("flush and close end after their time where nothing opens", async () => {
  const { store } = await late({}, { timeout: 30 });
  store.setItem("a", "1");
  const timeout = { code: "TIMEOUT", message: expect.stringMatching(/^MAX_WAIT_TIME elapsed/) };
  await expect(store.flush()).rejects.toMatchObject(timeout);
  await expect(store.close()).rejects.toMatchObject(timeout);
});
