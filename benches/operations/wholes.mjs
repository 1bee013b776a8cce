/**
 * Operations on whole stores: copies, comparisons, snapshots.
 *
 * @module
 */
import { createStore } from "holdall";
import { consume, valueAt } from "../lib/data.mjs";
import { drawnKey, repeat } from "./stand.mjs";

/** @typedef {import("./stand.mjs").Operation} Operation */
/** @typedef {import("./stand.mjs").Stand} Stand */

/** A store with at most so many of the keys, drawn at random. @param {Stand} stand @param {number} count */
function otherStore(stand, count) {
  const other = createStore();
  for (let at = 0; at < count; at++) other.set(drawnKey(stand), valueAt(at));
  return other;
}

/** @type {readonly Operation[]} */
export const wholes = [
  {
    name: "clone",
    does: "clones the whole and disposes of it",
    of: ["clone", "dispose"],
    on: "plain",
    subject: ({ store }, batches) => repeat(batches, () => store.clone().dispose()),
  },
  {
    name: "clone + 10 writes",
    does: "the same, with ten overwrites of the clone",
    of: ["clone"],
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
    of: ["diff"],
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
    of: ["merge"],
    on: "plain",
    subject(stand) {
      const other = otherStore(stand, 1_000);
      return { count: other.size, run: () => consume(stand.store.merge(other, "overwrite").overwritten.length) };
    },
  },
  {
    name: "snapshot, an entry",
    does: "a snapshot of the whole, for each of its entries",
    of: ["snapshot"],
    on: "plain",
    subject: ({ store, size }) => ({ count: size, run: () => consume(store.snapshot().length) }),
  },
  {
    name: "load, an entry",
    does: "a new store of such a snapshot, for each of its entries",
    of: ["restore"],
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
    name: "export, an entry",
    does: "the whole as lines of JSON, for each of its entries",
    of: ["export"],
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
    of: ["import"],
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
  {
    name: "collisions",
    does: "the keys that the whole has in common with a store of a thousand, of which half are in it",
    of: ["collisions"],
    on: "plain",
    subject(stand, batches) {
      const other = otherStore(stand, 500);
      for (let at = 0; at < 500; at++) other.set(`other:${at}`, valueAt(at));
      return repeat(batches, () => consume(stand.store.collisions(other).length));
    },
  },
  {
    name: "copyFrom, an entry",
    does: "skips a thousand entries that are there already, for each of them",
    of: ["copyFrom"],
    on: "plain",
    subject(stand) {
      const other = otherStore(stand, 1_000);
      return { count: other.size, run: () => consume(stand.store.copyFrom(other).skipped.length) };
    },
  },
];
