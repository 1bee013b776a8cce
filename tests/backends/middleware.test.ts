/** Promises of contract 9 for `use` on a backed store: middleware wraps what the backend decides as it wraps a plain store's calls. */
import { expect, test } from "vitest";
import { memory } from "../../ts/backends/memory/index.js";
import { type BackedStore, createStore, openStore, type Write } from "../../ts/index.js";

/** Two replicas of one store; the writes of the first are noted. */
async function replicas() {
  const backend = memory();
  const [one, other] = await Promise.all([openStore({ backend, name: "s" }), openStore({ backend, name: "s" })]);
  const lists: (readonly Write[])[] = [];
  const end = one.use({
    write(writes, next) {
      lists.push(writes);
      return next();
    },
  });
  const close = async () => {
    await Promise.all([one.close(), other.close()]);
  };
  return { one, other, lists, end, close };
}

const keysOf = async (store: BackedStore) => {
  await store.sync();
  return [...store.keys()];
};

// What another replica had written since a body began seemed to be what the body had deleted: a conflict that no body had read its way into.
test("what others write while a body runs, or a merge is decided, stays, and is no conflict", async () => {
  const { one, other, close } = await replicas();
  await one.setAndWait("seen", 1);
  await other.sync();
  let tries = 0;
  await one.transaction(async (tx) => {
    tries += 1;
    tx.set("job", 5);
    await other.setAndWait(`order:${tries}`, 1);
    await one.sync();
  });
  const source = createStore();
  source.set("merged", 1);
  const merging = one.merge(source, "skip");
  one.set("local", 1);
  expect([(await merging).added, tries, one.status.conflicts]).toEqual([["merged"], 1, 0]);
  await one.flush();
  expect(await keysOf(other)).toEqual(["job", "local", "merged", "order:1", "seen"]);
  await close();
});

test("a layer is shown the calls themselves", async () => {
  const { one, lists, close } = await replicas();
  one.set("a", 1);
  await one.touch("a", 60_000);
  await one.addTag("a", "t");
  await one.increment("n");
  expect(lists).toEqual([
    [{ type: "set", key: "a", value: 1 }],
    [{ type: "touch", key: "a", ttl: 60_000 }],
    [{ type: "meta", key: "a", addTag: "t" }],
    [{ type: "set", key: "n", value: 1 }],
  ]);
  await close();
});

// What middleware had kept from the backend was reported as done.
test("what a layer does not pass on, or replaces, is not reported as done", async () => {
  const { one, other, end, close } = await replicas();
  await one.setAndWait("n", 1);
  const source = createStore();
  source.set("m", 1);
  end();
  const swallow = one.use({ write: () => undefined });
  const nothing = { added: [], overwritten: [], skipped: [], deleted: [], collisions: [] };
  expect([
    await one.increment("n"),
    await one.increment("none"),
    await one.update("n", () => 9),
    await one.touch("n", 60_000),
    await one.persist("n"),
    await one.addTag("n", "t"),
    await one.merge(source, "skip"),
    await one.restore(source.snapshot()),
  ]).toEqual([1, 0, 1, false, false, false, nothing, 0]);
  swallow();
  one.use({ write: (writes, next) => next(writes.map((write) => ({ ...write, value: 5 }) as Write)) });
  expect([await one.increment("n"), await one.update("n", () => 9)]).toEqual([5, 5]);
  expect([await keysOf(other), other.get("n")]).toEqual([["n"], 5]);
  await close();
});

// A layer that passed on an empty list kept the change from the backend as well, which was reported as done.
test("a change in whose place a layer passes on an empty list is not reported as done", async () => {
  const { one, other, end, close } = await replicas();
  end();
  await one.setAndWait("n", 1, { tags: ["t"] });
  one.use({ write: (_, next) => next([]) });
  expect([
    await one.touch("n", 60_000),
    await one.removeTag("n", "t"),
    await one.setMeta("n", { description: "d" }),
    await one.compareAndSet("new", 1, { version: 0 }),
    await one.update("n", () => 9),
    await one.increment("none"),
    await one.transaction((tx) => tx.delete("n")),
  ]).toEqual([false, false, false, 0, 1, 0, true]);
  // What was read is decided all the same.
  await expect(one.compareAndSet("n", 2, { version: 0 })).rejects.toMatchObject({ code: "CONFLICT" });
  expect([await keysOf(other), other.meta("n")?.tags, other.ttl("n")]).toEqual([["n"], ["t"], null]);
  await close();
});
