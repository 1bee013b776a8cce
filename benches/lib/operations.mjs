/**
 * The operations whose cost is measured by the size of the store.
 *
 * @module
 */
import { createStore } from "holdall";
import { manualClock } from "holdall/testing";
import { consume, makeSmall, random, ttl, valueAt } from "./data.mjs";

/** @typedef {import("./timing.mjs").Subject} Subject */
/** @typedef {ReturnType<typeof createStore>} Store */

/**
 * What an operation works on: a store of some size, in scopes of a hundred entries.
 *
 * @typedef {object} Stand
 * @property {Store} store
 * @property {number} size
 * @property {readonly (readonly string[])[]} parts All keys in random order, in as many parts as batches take.
 * @property {readonly string[]} few The same thousand keys, again and again.
 */

/**
 * One operation, as a subject for each store.
 *
 * @typedef {object} Operation
 * @property {string} name
 * @property {string} does
 * @property {"plain" | "with ttl" | "with tags"} on
 * @property {(stand: Stand, batches: number) => Subject} subject
 */

/** So many entries are in a scope. */
export const perScope = 100;
/** The key of an entry. */
export const keyOf = (/** @type {number} */ index) => `scope${Math.floor(index / perScope)}:key:${index % perScope}`;
const drawnScope = (/** @type {number} */ size) => Math.floor((random() * size) / perScope);

/**
 * Over keys, one part of them each batch.
 *
 * @param {(key: string, at: number) => unknown} call
 * @returns {(parts: readonly (readonly string[])[]) => Subject}
 */
const each = (call) => (parts) => {
  let turn = 0;
  return {
    run() {
      const keys = /** @type {readonly string[]} */ (parts[turn++ % parts.length]);
      for (let at = 0; at < keys.length; at++) call(/** @type {string} */ (keys[at]), at);
    },
  };
};

/** One of all keys, at random. @param {Stand} stand */
function drawnKey({ parts }) {
  const part = /** @type {readonly string[]} */ (parts[Math.floor(random() * parts.length)]);
  return /** @type {string} */ (part[Math.floor(random() * part.length)]);
}

/** So many operations a batch. @param {number} count @param {(time: number) => unknown} call @returns {Subject} */
const repeat = (count, call) => ({
  count,
  run() {
    for (let time = 0; time < count; time++) call(time);
  },
});

/** Keys that were never there before, a tenth of the store's size, scattered over its order. @param {number} size */
const newKeys = (size) =>
  Array.from({ length: Math.min(Math.max(size / 10, 100), 10_000) }, () => `scope${drawnScope(size)}:new:${Math.floor(random() * 1e15)}`);

/** Puts a hundred documents beside the entries. @param {Store} store */
function addDocuments(store) {
  for (let at = 0; at < 100; at++) store.set(`document:${at}`, makeSmall(at));
}

/** @type {readonly Operation[]} */
export const operations = [
  {
    name: "get, hot",
    does: "the same thousand keys",
    on: "plain",
    subject: ({ store, few }) => each((key) => consume(/** @type {string} */ (store.get(key)).length))([few]),
  },
  {
    name: "get, any",
    does: "all keys: of a million, the default memo cannot hold all, and most are decoded",
    on: "plain",
    subject: ({ store, parts }) => each((key) => consume(/** @type {string} */ (store.get(key)).length))(parts),
  },
  {
    name: "has",
    does: "all keys",
    on: "plain",
    subject: ({ store, parts }) => each((key) => consume(store.has(key) ? 1 : 0))(parts),
  },
  {
    name: "set, overwrite",
    does: "all keys",
    on: "plain",
    subject: ({ store, parts }) => each((key, at) => store.set(key, valueAt(at)))(parts),
  },
  {
    name: "update",
    does: "all keys, each to a value made of the one before",
    on: "plain",
    subject: ({ store, parts }) => each((key, at) => store.update(key, () => valueAt(at)))(parts),
  },
  {
    name: "compareAndSet",
    does: "all keys, each on condition of the version that it has",
    on: "plain",
    subject: ({ store, parts }) =>
      each((key, at) => store.compareAndSet(key, valueAt(at), { version: store.meta(key)?.version ?? 0 }))(parts),
  },
  {
    name: "setMany of 10",
    does: "ten overwrites as one change",
    on: "plain",
    subject: (stand, batches) =>
      repeat(batches, () => stand.store.setMany(Array.from({ length: 10 }, (_, at) => [drawnKey(stand), valueAt(at)]))),
  },
  {
    name: "a write that is heard",
    does: "overwrites of keys whose scope is listened to",
    on: "plain",
    subject({ store, few }) {
      let heard = 0;
      const listening = each((key, at) => store.set(key, valueAt(at)))([few]);
      let stop = () => {};
      return {
        ...listening,
        before() {
          stop = store.watch({ prefix: "scope" }, () => {
            heard += 1;
          });
        },
        after() {
          stop();
          consume(heard);
        },
      };
    },
  },
  {
    name: "clear a scope",
    does: "deletes the 100 entries of a scope, which are set again beside the measurement",
    on: "plain",
    subject({ store, size }) {
      let scope = drawnScope(size);
      return {
        run: () => consume(store.scope(`scope${scope}`).clear()),
        after() {
          for (let at = 0; at < perScope; at++) store.set(keyOf(scope * perScope + at), valueAt(at));
          scope = drawnScope(size);
        },
        count: 1,
      };
    },
  },
  {
    name: "increment",
    does: "a hundred counters beside the entries",
    on: "plain",
    subject: ({ store }, batches) => repeat(batches, (time) => store.increment(`counter:${time % 100}`)),
  },
  {
    name: "insert",
    does: "keys that were never there, a tenth of the store's size, at most 10,000",
    on: "plain",
    subject({ store, size }) {
      let fresh = newKeys(size);
      return {
        count: fresh.length,
        before() {
          fresh = newKeys(size);
        },
        run() {
          for (let at = 0; at < fresh.length; at++) store.set(/** @type {string} */ (fresh[at]), valueAt(at));
        },
        after: () => consume(store.deleteMany(fresh)),
      };
    },
  },
  {
    name: "delete",
    does: "as many",
    on: "plain",
    subject({ store, size }) {
      let fresh = newKeys(size);
      return {
        count: fresh.length,
        before() {
          fresh = newKeys(size);
          for (const [at, key] of fresh.entries()) store.set(key, valueAt(at));
        },
        run() {
          for (const key of fresh) store.delete(key);
        },
      };
    },
  },
  {
    name: "list a scope",
    does: "collects the 100 keys of a scope",
    on: "plain",
    subject: ({ store, size }, batches) => repeat(batches, () => consume([...store.scope(`scope${drawnScope(size)}`).keys()].length)),
  },
  {
    name: "clone",
    does: "clones the whole and disposes of it",
    on: "plain",
    subject: ({ store }, batches) => repeat(batches, () => store.clone().dispose()),
  },
  {
    name: "clone + 10 writes",
    does: "the same, with ten overwrites of the clone",
    on: "plain",
    subject: (stand, batches) =>
      repeat(batches, () => {
        const copy = stand.store.clone();
        for (let write = 0; write < 10; write++) copy.set(drawnKey(stand), "changed");
        copy.dispose();
      }),
  },
  {
    name: "diff",
    does: "compares the whole with a clone of which ten entries were overwritten",
    on: "plain",
    subject(stand, batches) {
      const copy = stand.store.clone();
      for (let write = 0; write < 10; write++) copy.set(drawnKey(stand), "changed");
      return repeat(batches, () => consume(stand.store.diff(copy).changed.length));
    },
  },
  {
    name: "merge, an entry",
    does: "overwrites a thousand entries by those of another store, for each of them",
    on: "plain",
    subject(stand) {
      const other = createStore();
      const keys = new Set(Array.from({ length: 1_000 }, () => drawnKey(stand)));
      for (const [at, key] of [...keys].entries()) other.set(key, valueAt(at));
      return { count: keys.size, run: () => consume(stand.store.merge(other, "overwrite").overwritten.length) };
    },
  },
  {
    name: "transaction of 10",
    does: "ten overwrites in one transaction",
    on: "plain",
    subject: (stand, batches) =>
      repeat(batches, () =>
        stand.store.transaction((tx) => {
          for (let write = 0; write < 10; write++) tx.set(drawnKey(stand), valueAt(write));
        }),
      ),
  },
  {
    name: "snapshot, an entry",
    does: "a snapshot of the whole, for each of its entries",
    on: "plain",
    subject: ({ store, size }) => ({ count: size, run: () => consume(store.snapshot().length) }),
  },
  {
    name: "load, an entry",
    does: "a new store of such a snapshot, for each of its entries",
    on: "plain",
    subject({ store, size }) {
      const bytes = store.snapshot();
      let loaded = store;
      return {
        count: size,
        run() {
          loaded = createStore();
          consume(loaded.restore(bytes));
        },
        after: () => loaded.dispose(),
      };
    },
  },
  {
    name: "set with ttl",
    does: "all keys, each with a ttl of its own",
    on: "with ttl",
    subject: ({ store, parts }) => each((key, at) => store.set(key, valueAt(at), { ttl }))(parts),
  },
  {
    name: "expire, an entry",
    does: "as many as in `insert`, due at once, by the timer, in a store whose other entries expire later",
    on: "with ttl",
    subject({ size, parts }) {
      const clock = manualClock();
      const store = createStore({ clock });
      for (const part of parts) for (const key of part.slice(0, size)) store.set(key, valueAt(0), { ttl });
      let fresh = newKeys(size);
      return {
        count: fresh.length,
        before() {
          fresh = newKeys(size);
          for (const key of fresh) store.set(key, valueAt(0), { ttl: 10 });
        },
        run: () => clock.advance(10),
        after: () => consume(store.size),
      };
    },
  },
  {
    name: "find by tag",
    does: "collects the 100 keys with a tag",
    on: "with tags",
    subject: ({ store, size }, batches) => repeat(batches, () => consume([...store.find({ allTags: [`tag${drawnScope(size)}`] })].length)),
  },
  {
    name: "add and remove a tag",
    does: "a tag of its own on one of all entries, and off again",
    on: "with tags",
    subject: (stand, batches) =>
      repeat(batches, () => {
        const key = drawnKey(stand);
        stand.store.addTag(key, "drawn");
        stand.store.removeTag(key, "drawn");
      }),
  },
  {
    name: "peek",
    does: "all keys, past the memo",
    on: "plain",
    subject: ({ store, parts }) => each((key) => consume(/** @type {string} */ (store.peek(key)).length))(parts),
  },
  {
    name: "meta",
    does: "version, times and tags of all keys",
    on: "with tags",
    subject: ({ store, parts }) => each((key) => consume(store.meta(key)?.version ?? 0))(parts),
  },
  {
    name: "getMany of 10",
    does: "ten of all keys",
    on: "plain",
    subject: (stand, batches) =>
      repeat(batches, () => consume(stand.store.getMany(Array.from({ length: 10 }, () => drawnKey(stand))).length)),
  },
  {
    name: "updateFields",
    does: "a number in one of a hundred documents beside the entries",
    on: "plain",
    subject({ store }, batches) {
      addDocuments(store);
      return repeat(batches, (time) => store.updateFields(`document:${time % 100}`, { "/count": time }));
    },
  },
  {
    name: "find by kind",
    does: "collects the keys of those hundred documents",
    on: "plain",
    subject({ store }, batches) {
      addDocuments(store);
      return repeat(batches, () => consume([...store.keysByKind("object")].length));
    },
  },
  {
    name: "findBySchema",
    does: "the same by a shape that they have",
    on: "plain",
    subject({ store }, batches) {
      addDocuments(store);
      return repeat(batches, () => consume([...store.findBySchema({ count: "number" })].length));
    },
  },
  {
    name: "entries of a scope",
    does: "collects 100 keys with their values",
    on: "plain",
    subject: ({ store, size }, batches) => repeat(batches, () => consume([...store.scope(`scope${drawnScope(size)}`).entries()].length)),
  },
  {
    name: "size of a scope",
    does: "counts its 100 entries",
    on: "plain",
    subject: ({ store, size }, batches) => repeat(batches, () => consume(store.scope(`scope${drawnScope(size)}`).size)),
  },
  {
    name: "deleteMany, an entry",
    does: "as many as in `insert`, as one change, for each of them",
    on: "plain",
    subject({ store, size }) {
      let fresh = newKeys(size);
      return {
        count: fresh.length,
        before() {
          fresh = newKeys(size);
          for (const [at, key] of fresh.entries()) store.set(key, valueAt(at));
        },
        run: () => consume(store.deleteMany(fresh)),
      };
    },
  },
  {
    name: "touch",
    does: "gives all keys another deadline",
    on: "with ttl",
    subject: ({ store, parts }) => each((key, at) => consume(store.touch(key, ttl + at) ? 1 : 0))(parts),
  },
  {
    name: "export, an entry",
    does: "the whole as lines of JSON, for each of its entries",
    on: "plain",
    subject: ({ store, size }) => ({
      count: size,
      run() {
        for (const line of store.export()) consume(line.length);
      },
    }),
  },
  {
    name: "import, an entry",
    does: "a new store of such lines, for each of its entries",
    on: "plain",
    subject({ store, size }) {
      let loaded = store;
      return {
        count: size,
        run() {
          loaded = createStore();
          consume(loaded.import(store.export(), "overwrite").added.length);
        },
        after: () => loaded.dispose(),
      };
    },
  },
];
