/**
 * What operations are measured on by the size of the store: filled stores, and subjects that work through their keys.
 *
 * @module
 */
import { makeSmall, random } from "../lib/data.mjs";

/** @typedef {import("../lib/timing.mjs").Subject} Subject */
/** @typedef {import("holdall").Store} Store */

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
 * @property {readonly string[]} of The methods of a store whose cost it shows.
 * @property {"plain" | "with ttl" | "with tags"} on
 * @property {(stand: Stand, batches: number) => Subject} subject
 */

/** So many entries are in a scope. */
export const perScope = 100;
/** The key of an entry. */
export const keyOf = (/** @type {number} */ index) => `scope${Math.floor(index / perScope)}:key:${index % perScope}`;
export const drawnScope = (/** @type {number} */ size) => Math.floor((random() * size) / perScope);

/**
 * Over keys, one part of them each batch.
 *
 * @param {(key: string, at: number) => unknown} call
 * @returns {(parts: readonly (readonly string[])[]) => Subject}
 */
export const each = (call) => (parts) => {
  let turn = 0;
  return {
    run() {
      const keys = /** @type {readonly string[]} */ (parts[turn++ % parts.length]);
      for (let at = 0; at < keys.length; at++) call(/** @type {string} */ (keys[at]), at);
    },
  };
};

/** One of all keys, at random. @param {Stand} stand */
export function drawnKey({ parts }) {
  const part = /** @type {readonly string[]} */ (parts[Math.floor(random() * parts.length)]);
  return /** @type {string} */ (part[Math.floor(random() * part.length)]);
}

/** So many operations a batch. @param {number} count @param {(time: number) => unknown} call @returns {Subject} */
export const repeat = (count, call) => ({
  count,
  run() {
    for (let time = 0; time < count; time++) call(time);
  },
});

/** Keys that were never there before, a tenth of the store's size, scattered over its order. @param {number} size */
export const newKeys = (size) =>
  Array.from({ length: Math.min(Math.max(size / 10, 100), 10_000) }, () => `scope${drawnScope(size)}:new:${Math.floor(random() * 1e15)}`);

/**
 * Over keys that were never there before, others in each batch.
 *
 * @param {number} size
 * @param {{ before?: (keys: readonly string[]) => unknown, run: (keys: readonly string[]) => unknown, after?: (keys: readonly string[]) => unknown }} steps
 * @returns {Subject}
 */
export function onNewKeys(size, { before, run, after }) {
  let keys = newKeys(size);
  return {
    count: keys.length,
    before() {
      keys = newKeys(size);
      before?.(keys);
    },
    run: () => run(keys),
    after() {
      after?.(keys);
    },
  };
}

/** The key of one of a hundred documents. @param {number} time */
export const documentOf = (time) => `document:${time % 100}`;

/** Puts a hundred documents beside the entries. @param {Store} store */
export function addDocuments(store) {
  for (let at = 0; at < 100; at++) store.set(documentOf(at), makeSmall(at));
}
