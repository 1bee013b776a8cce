/**
 * What a store can hold, and how long: values and spans of time.
 *
 * @module
 */

/** A span of time in milliseconds. */
export type Milliseconds = number;

/** A point in time: milliseconds since 1970-01-01T00:00Z, as `Date.now()` gives it. */
export type Timestamp = number;

/**
 * How long an entry lives: milliseconds, or text such as `"90s"`, `"5m"`, `"1h30m"`, `"7d"` (units `ms`, `s`, `m`, `h`, `d`, `w`),
 * or `null` for ever.
 */
export type Ttl = Milliseconds | string | null;

/** What a store can hold: JSON, and `Date`, `bigint` and `Uint8Array` wherever a value may stand. */
export type Value =
  | null
  | boolean
  | number
  | string
  | bigint
  | Date
  | Uint8Array
  | readonly Value[]
  | { readonly [property: string]: Value | undefined };

/** The kind of a stored value. */
export type ValueKind = "string" | "number" | "boolean" | "null" | "array" | "object" | "date" | "bigint" | "bytes";

/** The type of the values of each kind. */
export interface ValueOfKind {
  /** Text. */
  string: string;
  /** A finite number. */
  number: number;
  /** A boolean. */
  boolean: boolean;
  /** The null. */
  null: null;
  /** An array. */
  array: readonly Value[];
  /** An object. */
  object: { readonly [property: string]: Value | undefined };
  /** A date, the caller's own. */
  date: Date;
  /** A bigint. */
  bigint: bigint;
  /** Bytes, the caller's own. */
  bytes: Uint8Array;
}

/**
 * `T` as the store hands it out: the store's own copy, which nobody may change. `Value` is readonly as it is, and tuples stay tuples. Arrays have
 * a branch of their own, which the compiler puts off, so that types that hold themselves end.
 */
export type DeepReadonly<T> = Value extends T
  ? T
  : T extends null | undefined | boolean | number | string | bigint | symbol
    ? T
    : T extends Date | Uint8Array
      ? T
      : T extends (...parameters: never[]) => unknown
        ? T
        : T extends readonly (infer E)[]
          ? E[] extends T
            ? readonly DeepReadonly<E>[]
            : { readonly [P in keyof T]: DeepReadonly<T[P]> }
          : { readonly [P in keyof T]: DeepReadonly<T[P]> };

/**
 * `T` where a store can hold it, `never` in the places where it cannot (functions, symbols, `Map`, `Set`, an `undefined` that stands alone).
 * Interfaces and classes with `toJSON` are fine; other classes cannot be told from plain objects here, and are refused when they come.
 */
export type Storable<T> = T extends Value
  ? T
  : T extends (...parameters: never[]) => unknown
    ? never
    : T extends {
          /** As `JSON.stringify` calls it. */
          toJSON(): unknown;
        }
      ? T
      : T extends symbol | undefined | ReadonlyMap<unknown, unknown> | ReadonlySet<unknown> | ArrayBuffer | ArrayBufferView
        ? never
        : T extends object
          ? { [P in keyof T]: Storable<Exclude<T[P], undefined>> | Extract<T[P], undefined> }
          : never;
