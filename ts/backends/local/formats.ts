/**
 * The formats of a store, as a whole: which it is in, and which a version of Holdall knows. A store says what a version has to know to read it and to
 * write it, so an addition that old readers may pass over raises the second number alone.
 *
 * @module
 */

/** What a version of Holdall knows, and what it makes. */
export interface FormatSupport {
  /** The latest format that it knows, with all before. */
  readonly knows: number;
  /** The format that has to be known to read a store that it makes. */
  readonly read: number;
  /** The format that has to be known to write a store that it makes. */
  readonly write: number;
}

/** What this version knows. */
export const formatSupport: FormatSupport = { knows: 1, read: 1, write: 1 };
