/**
 * What all subjects of a row work with: the same keys, values and order, the same in every run.
 *
 * @module
 */

/** A time to live that no run outlives. */
export const ttl = 1e9;

let state = 0x9e3779b9;

/** The next of a fixed sequence of numbers in [0, 1): mulberry32. */
export function random() {
  state = (state + 0x6d2b79f5) | 0;
  let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
  mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
}

/**
 * Puts a list into a random order, in place.
 *
 * @template T
 * @param {T[]} list
 */
export function shuffle(list) {
  for (let at = list.length - 1; at > 0; at--) {
    const other = Math.floor(random() * (at + 1));
    const held = /** @type {T} */ (list[at]);
    list[at] = /** @type {T} */ (list[other]);
    list[other] = held;
  }
  return list;
}

/**
 * Keys, which lie in memory in this order from now on: were they young, the collector would move them into the order in which they are going to
 * be used, and reading them at random would cost nothing.
 *
 * @param {number} size
 */
export function makeKeys(size) {
  const keys = Array.from({ length: size }, (_, index) => `key:${index}`);
  globalThis.gc?.();
  globalThis.gc?.();
  return keys;
}

/**
 * Every key as often as the others, in random order, so many in all.
 *
 * @param {readonly string[]} keys
 * @param {number} count
 */
export function makeSequence(keys, count) {
  /** @type {string[]} */
  const sequence = [];
  while (sequence.length < count) {
    const missing = count - sequence.length;
    for (const key of shuffle([...keys]).slice(0, missing)) sequence.push(key);
  }
  return sequence;
}

/**
 * 1,024 different strings of 16 bytes, so that an index takes one by a mask.
 *
 * @type {readonly string[]}
 */
export const values = Array.from({ length: 1024 }, (_, index) => `value-${String(index).padStart(10, "0")}`);

/** @param {number} index */
export const valueAt = (index) => /** @type {string} */ (values[index & 1023]);

/** @typedef {{ id: number, name: string, count: number, ok: boolean, tags: string[] }} Small */

/** @param {number} id @returns {Small} */
export const makeSmall = (id) => ({ id, name: `name ${id}`, count: id % 97, ok: id % 2 === 0, tags: ["alpha", "beta", "gamma"] });

/** 1,024 different small objects, as `values`. */
export const smalls = Array.from({ length: 1024 }, (_, id) => makeSmall(id));

/** @param {number} index */
export const smallAt = (index) => /** @type {Small} */ (smalls[index & 1023]);

/** What was read, so that no read can be left out by the compiler. */
let read = 0;

/** @param {number} seen */
export function consume(seen) {
  read = (read + seen) | 0;
}

/** The sum of what was consumed. */
export const consumed = () => read;
