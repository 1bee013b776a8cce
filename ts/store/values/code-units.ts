/**
 * How hot loops read the code units of a text.
 *
 * @module
 */

/**
 * `String.prototype.charCodeAt`, to be called by `charCodeAt.call(text, index)`. Once any class extends `String` (ioredis has one, which doubled the cost of a
 * `set`), V8 looks the method up anew for each call on a string.
 */
export const { charCodeAt } = String.prototype;
