/**
 * Operations on metadata.
 *
 * @module
 */
import { consume } from "../lib/data.mjs";
import { drawnKey, each, repeat } from "./stand.mjs";

/** @typedef {import("./stand.mjs").Operation} Operation */

/** @type {readonly Operation[]} */
export const metadata = [
  {
    name: "meta",
    does: "version, times and tags of all keys",
    of: ["meta"],
    on: "with tags",
    subject: ({ store, parts }) => each((key) => consume(store.meta(key)?.version ?? 0))(parts),
  },
  {
    name: "add and remove a tag",
    does: "a tag of its own on one of all entries, and off again",
    of: ["addTag", "removeTag"],
    on: "with tags",
    subject: (stand, batches) =>
      repeat(batches, () => {
        const key = drawnKey(stand);
        stand.store.addTag(key, "drawn");
        stand.store.removeTag(key, "drawn");
      }),
  },
  {
    name: "hasTag",
    does: "a tag of all keys",
    of: ["hasTag"],
    on: "with tags",
    subject: ({ store, parts }) => each((key) => consume(store.hasTag(key, "tag0") ? 1 : 0))(parts),
  },
  {
    name: "setMeta",
    does: "tags and a description on one of all entries, anew",
    of: ["setMeta"],
    on: "with tags",
    subject: (stand, batches) =>
      repeat(batches, (time) => stand.store.setMeta(drawnKey(stand), { tags: [`drawn${time % 10}`], description: "drawn" })),
  },
  {
    name: "set, get and remove a property",
    does: "of one of all entries",
    of: ["setProperty", "getProperty", "removeProperty"],
    on: "with tags",
    subject: (stand, batches) =>
      repeat(batches, (time) => {
        const key = drawnKey(stand);
        stand.store.setProperty(key, "owner", time);
        consume(/** @type {number} */ (stand.store.getProperty(key, "owner")));
        stand.store.removeProperty(key, "owner");
      }),
  },
];
