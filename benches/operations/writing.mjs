/**
 * Operations that write values and deadlines.
 *
 * @module
 */
import { createStore } from "holdall";
import { manualClock } from "holdall/testing";
import { consume, ttl, valueAt } from "../lib/data.mjs";
import { addDocuments, documentOf, drawnKey, drawnScope, each, keyOf, newKeys, onNewKeys, perScope, repeat } from "./stand.mjs";

/** @typedef {import("./stand.mjs").Operation} Operation */

/** @param {import("holdall").Store} store @param {readonly string[]} keys @param {import("holdall").SetOptions} [options] */
function setAll(store, keys, options) {
  for (let at = 0; at < keys.length; at++) store.set(/** @type {string} */ (keys[at]), valueAt(at), options);
}

/** @type {readonly Operation[]} */
export const writing = [
  {
    name: "set, overwrite",
    does: "all keys",
    of: ["set"],
    on: "plain",
    subject: ({ store, parts }) => each((key, at) => store.set(key, valueAt(at)))(parts),
  },
  {
    name: "insert",
    does: "keys that were never there, a tenth of the store's size, at most 10,000",
    of: ["set"],
    on: "plain",
    subject: ({ store, size }) => onNewKeys(size, { run: (keys) => setAll(store, keys), after: (keys) => consume(store.deleteMany(keys)) }),
  },
  {
    name: "set with ttl",
    does: "all keys, each with a ttl of its own",
    of: ["set"],
    on: "with ttl",
    subject: ({ store, parts }) => each((key, at) => store.set(key, valueAt(at), { ttl }))(parts),
  },
  {
    name: "touch",
    does: "gives all keys another deadline",
    of: ["touch"],
    on: "with ttl",
    subject: ({ store, parts }) => each((key, at) => consume(store.touch(key, ttl + at) ? 1 : 0))(parts),
  },
  {
    name: "update",
    does: "all keys, each to a value made of the one before",
    of: ["update"],
    on: "plain",
    subject: ({ store, parts }) => each((key, at) => store.update(key, () => valueAt(at)))(parts),
  },
  {
    name: "updateFields",
    does: "a number in one of a hundred documents beside the entries",
    of: ["updateFields"],
    on: "plain",
    subject({ store }, batches) {
      addDocuments(store);
      return repeat(batches, (time) => store.updateFields(documentOf(time), { "/count": time }));
    },
  },
  {
    name: "increment",
    does: "a hundred counters beside the entries",
    of: ["increment"],
    on: "plain",
    subject: ({ store }, batches) => repeat(batches, (time) => store.increment(`counter:${time % 100}`)),
  },
  {
    name: "compareAndSet",
    does: "all keys, each on condition of the version that it has",
    of: ["compareAndSet"],
    on: "plain",
    subject: ({ store, parts }) =>
      each((key, at) => store.compareAndSet(key, valueAt(at), { version: store.meta(key)?.version ?? 0 }))(parts),
  },
  {
    name: "setMany of 10",
    does: "ten overwrites as one change",
    of: ["setMany"],
    on: "plain",
    subject: (stand, batches) =>
      repeat(batches, () => stand.store.setMany(Array.from({ length: 10 }, (_, at) => [drawnKey(stand), valueAt(at)]))),
  },
  {
    name: "transaction of 10",
    does: "ten overwrites in one transaction",
    of: ["transaction"],
    on: "plain",
    subject: (stand, batches) =>
      repeat(batches, () =>
        stand.store.transaction((tx) => {
          for (let write = 0; write < 10; write++) tx.set(drawnKey(stand), valueAt(write));
        }),
      ),
  },
  {
    name: "delete",
    does: "as many as in `insert`",
    of: ["delete"],
    on: "plain",
    subject: ({ store, size }) =>
      onNewKeys(size, {
        before: (keys) => setAll(store, keys),
        run(keys) {
          for (const key of keys) store.delete(key);
        },
      }),
  },
  {
    name: "deleteMany, an entry",
    does: "as many as in `insert`, as one change, for each of them",
    of: ["deleteMany"],
    on: "plain",
    subject: ({ store, size }) =>
      onNewKeys(size, { before: (keys) => setAll(store, keys), run: (keys) => consume(store.deleteMany(keys)) }),
  },
  {
    name: "clear a scope",
    does: "deletes the 100 entries of a scope, which are set again beside the measurement",
    of: ["clear"],
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
    name: "expire, an entry",
    does: "as many as in `insert`, due at once, by the timer, in a store whose other entries expire later",
    of: [],
    on: "with ttl",
    subject({ size, parts }) {
      const clock = manualClock();
      const store = createStore({ clock });
      for (const part of parts) for (const key of part.slice(0, size)) store.set(key, valueAt(0), { ttl });
      return onNewKeys(size, {
        before: (keys) => setAll(store, keys, { ttl: 10 }),
        run: () => clock.advance(10),
        after: () => consume(store.size),
      });
    },
  },
  {
    name: "set at the bound",
    does: "keys that were never there, in a store that is full: each evicts the least recently used",
    of: [],
    on: "plain",
    subject({ size, parts }) {
      const store = createStore({ maxEntries: size });
      for (const part of parts) for (const key of part.slice(0, size)) store.set(key, valueAt(0));
      return onNewKeys(size, { run: (keys) => setAll(store, keys), after: () => consume(store.size) });
    },
  },
  {
    name: "persist",
    does: "takes their deadline from as many entries as in `insert`, which get another beside the measurement",
    of: ["persist"],
    on: "with ttl",
    subject(stand) {
      const { store, size } = stand;
      const drawn = Array.from({ length: newKeys(size).length }, () => drawnKey(stand));
      return {
        count: drawn.length,
        before() {
          for (const key of drawn) store.touch(key, ttl);
        },
        run() {
          for (const key of drawn) store.persist(key);
        },
      };
    },
  },
  {
    name: "set through middleware",
    does: "all keys, past one middleware that passes them on",
    of: ["use"],
    on: "plain",
    subject({ store, parts }) {
      let stop = () => {};
      return {
        ...each((key, at) => store.set(key, valueAt(at)))(parts),
        before() {
          stop = store.use({ write: (_, next) => next() });
        },
        after: () => stop(),
      };
    },
  },
];
