/**
 * Operations that list and find.
 *
 * @module
 */
import { consume } from "../lib/data.mjs";
import { addDocuments, drawnKey, drawnScope, repeat } from "./stand.mjs";

/** @typedef {import("./stand.mjs").Operation} Operation */

/** @type {readonly Operation[]} */
export const listing = [
  {
    name: "list a scope",
    does: "collects the 100 keys of a scope",
    of: ["keys"],
    on: "plain",
    subject: ({ store, size }, batches) => repeat(batches, () => consume([...store.scope(`scope${drawnScope(size)}`).keys()].length)),
  },
  {
    name: "entries of a scope",
    does: "collects 100 keys with their values",
    of: ["entries"],
    on: "plain",
    subject: ({ store, size }, batches) => repeat(batches, () => consume([...store.scope(`scope${drawnScope(size)}`).entries()].length)),
  },
  {
    name: "size of a scope",
    does: "counts its 100 entries",
    of: ["size"],
    on: "plain",
    subject: ({ store, size }, batches) => repeat(batches, () => consume(store.scope(`scope${drawnScope(size)}`).size)),
  },
  {
    name: "find by tag",
    does: "collects the 100 keys with a tag",
    of: ["find"],
    on: "with tags",
    subject: ({ store, size }, batches) => repeat(batches, () => consume([...store.find({ allTags: [`tag${drawnScope(size)}`] })].length)),
  },
  {
    name: "find by kind",
    does: "collects the keys of a hundred documents beside the entries",
    of: ["keysByKind"],
    on: "plain",
    subject({ store }, batches) {
      addDocuments(store);
      return repeat(batches, () => consume([...store.keysByKind("object")].length));
    },
  },
  {
    name: "findBySchema",
    does: "the same by a shape that they have",
    of: ["findBySchema"],
    on: "plain",
    subject({ store }, batches) {
      addDocuments(store);
      return repeat(batches, () => consume([...store.findBySchema({ count: "number" })].length));
    },
  },
  {
    name: "values of a scope",
    does: "collects 100 values",
    of: ["values"],
    on: "plain",
    subject: ({ store, size }, batches) => repeat(batches, () => consume([...store.scope(`scope${drawnScope(size)}`).values()].length)),
  },
  {
    name: "a page of 10 keys",
    does: "the ten keys after one drawn at random, of the whole",
    of: ["keys"],
    on: "plain",
    subject: (stand, batches) => repeat(batches, () => consume([...stand.store.keys({ after: drawnKey(stand), limit: 10 })].length)),
  },
];
