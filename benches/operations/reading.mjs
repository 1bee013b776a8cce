/**
 * Operations that read one entry, or what is known of it or of the whole.
 *
 * @module
 */
import { consume } from "../lib/data.mjs";
import { addDocuments, documentOf, drawnKey, drawnScope, each, repeat } from "./stand.mjs";

/** @typedef {import("./stand.mjs").Operation} Operation */

/** A schema that every text matches. @type {import("holdall").StandardSchema<unknown, string>} */
const anyText = {
  "~standard": {
    version: 1,
    vendor: "bench",
    validate: (value) => (typeof value === "string" ? { value } : { issues: [{ message: "no text" }] }),
  },
};

const notThere = () => {
  throw new Error("An entry is missing");
};

/** @type {readonly Operation[]} */
export const reading = [
  {
    name: "get, hot",
    does: "the same thousand keys",
    of: ["get"],
    on: "plain",
    subject: ({ store, few }) => each((key) => consume(/** @type {string} */ (store.get(key)).length))([few]),
  },
  {
    name: "get, any",
    does: "all keys: of a million, the default memo cannot hold all, and most are decoded",
    of: ["get"],
    on: "plain",
    subject: ({ store, parts }) => each((key) => consume(/** @type {string} */ (store.get(key)).length))(parts),
  },
  {
    name: "peek",
    does: "all keys, past the memo",
    of: ["peek"],
    on: "plain",
    subject: ({ store, parts }) => each((key) => consume(/** @type {string} */ (store.peek(key)).length))(parts),
  },
  {
    name: "has",
    does: "all keys",
    of: ["has"],
    on: "plain",
    subject: ({ store, parts }) => each((key) => consume(store.has(key) ? 1 : 0))(parts),
  },
  {
    name: "getMany of 10",
    does: "ten of all keys",
    of: ["getMany"],
    on: "plain",
    subject: (stand, batches) =>
      repeat(batches, () => consume(stand.store.getMany(Array.from({ length: 10 }, () => drawnKey(stand))).length)),
  },
  {
    name: "getOrThrow",
    does: "all keys",
    of: ["getOrThrow"],
    on: "plain",
    subject: ({ store, parts }) => each((key) => consume(/** @type {string} */ (store.getOrThrow(key)).length))(parts),
  },
  {
    name: "getOrDefault",
    does: "keys that are not there",
    of: ["getOrDefault"],
    on: "plain",
    subject: ({ store, parts }) => each((key) => consume(store.getOrDefault(`${key}:missing`, "none").length))(parts),
  },
  {
    name: "getAs",
    does: "all keys, as strings",
    of: ["getAs"],
    on: "plain",
    subject: ({ store, parts }) => each((key) => consume(store.getAs(key, "string").length))(parts),
  },
  {
    name: "get of a typed store",
    does: "all keys, checked by a schema when they are decoded",
    of: ["typed"],
    on: "plain",
    subject({ store, parts }) {
      const texts = store.typed(anyText);
      return each((key) => consume(/** @type {string} */ (texts.get(key)).length))(parts);
    },
  },
  {
    name: "getMutable",
    does: "one of a hundred documents beside the entries",
    of: ["getMutable"],
    on: "plain",
    subject({ store }, batches) {
      addDocuments(store);
      return repeat(batches, (time) => consume(Object.keys(store.getMutable(documentOf(time)) ?? {}).length));
    },
  },
  {
    name: "getOrLoad",
    does: "the same thousand keys, which are there; each awaited",
    of: ["getOrLoad"],
    on: "plain",
    subject: ({ store, few }) => ({
      async: true,
      count: 1_000,
      async run() {
        for (const key of few.slice(0, 1_000)) consume(/** @type {string} */ (await store.getOrLoad(key, notThere)).length);
      },
    }),
  },
  {
    name: "kindOf",
    does: "all keys",
    of: ["kindOf"],
    on: "plain",
    subject: ({ store, parts }) => each((key) => consume(store.kindOf(key)?.length ?? 0))(parts),
  },
  {
    name: "schemaOf",
    does: "one of a hundred documents beside the entries",
    of: ["schemaOf"],
    on: "plain",
    subject({ store }, batches) {
      addDocuments(store);
      return repeat(batches, (time) => consume(store.schemaOf(documentOf(time)) === undefined ? 0 : 1));
    },
  },
  {
    name: "scope, isolate, reader",
    does: "makes one of each, and reads an entry through it",
    of: ["scope", "isolate", "reader"],
    on: "plain",
    subject: ({ store, size }, batches) =>
      repeat(batches, () => {
        const view = store
          .scope(`scope${drawnScope(size)}`)
          .isolate("id")
          .reader();
        consume(view.has("none") ? 1 : 0);
      }),
  },
  {
    name: "stats",
    does: "counts, bytes and what the memo holds",
    of: ["stats"],
    on: "plain",
    subject: ({ store }, batches) => repeat(batches, () => consume(store.stats().bytes)),
  },
  {
    name: "ttl",
    does: "what is left to all keys",
    of: ["ttl"],
    on: "with ttl",
    subject: ({ store, parts }) => each((key) => consume(store.ttl(key) ?? 0))(parts),
  },
];
