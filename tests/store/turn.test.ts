/**
 * A write that sets no deadline takes the time of the turn of the event loop, but only as long as nothing in the store has a deadline: whichever way one came,
 * the next write lets expire what is due. By the platform's clock, which alone is spared so; it is waited for by a loop, since a turn must not end.
 */
import { expect, test } from "vitest";
import { createStore, type Store } from "../../ts/index.js";

/** Longer than any way takes that is not compiled yet, on a machine that lets others go first. */
const ttl = 200;

function otherWith(options: { readonly ttl: number }): Store {
  const other = createStore();
  other.set("z", 0, options);
  return other;
}

const ways: Record<string, (store: Store) => unknown> = {
  set: (store) => store.set("z", 0, { ttl }),
  "set with a tag": (store) => store.set("z", 0, { ttl, tags: ["t"] }),
  setMany: (store) => store.setMany([["z", 0]], { ttl }),
  "set and touch": (store) => {
    store.set("z", 0);
    store.touch("z", ttl);
  },
  increment: (store) => store.increment("z", 1, { ttl }),
  compareAndSet: (store) => store.compareAndSet("z", 0, { version: 0, ttl }),
  transaction: (store) => store.transaction((transaction) => transaction.set("z", 0, { ttl })),
  merge: (store) => store.merge(otherWith({ ttl }), "overwrite"),
  restore: (store) => store.restore(otherWith({ ttl }).snapshot()),
  import: (store) => store.import(otherWith({ ttl }).export(), "overwrite"),
  "a scope": (store) => store.scope("z").set("z", 0, { ttl }),
  "a listener": (store) => {
    store.watch("heard", () => store.set("z", 0, { ttl }));
    store.set("heard", 0);
  },
};

function pass(milliseconds: number): void {
  for (const end = Date.now() + milliseconds; Date.now() <= end; );
}

/** Writes in the turn in which `bring` brings a deadline, when that has come; the types of the changes that this tells. To ask the store would let expire what is due by itself. */
function toldByNextWrite(store: Store, bring: (store: Store) => unknown): string[] {
  const told: string[] = [];
  store.subscribe(({ changes }) => told.push(...changes.map(({ type }) => type)));
  store.set("warm", 1);
  bring(store);
  pass(ttl);
  told.length = 0;
  store.set("warm", 2);
  return told;
}

test.each(Object.entries(ways))("a deadline that came by %s is kept by the writes of the same turn", (_, bring) => {
  expect(toldByNextWrite(createStore(), bring)).toEqual(["expire", "set"]);
});

test("a deadline of a store that was cloned is kept so by the clone", () => {
  const store = createStore();
  store.set("z", 0, { ttl });
  expect(toldByNextWrite(store.clone(), () => undefined)).toEqual(["expire", "set"]);
});
