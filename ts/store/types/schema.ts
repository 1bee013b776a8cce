/**
 * What a store takes as a schema: the part of the Standard Schema convention (standardschema.dev) that it calls, which the libraries of
 * schemas implement, and so no library is needed here.
 *
 * @module
 */

import type { Value } from "./values.js";

/** Something that a schema found wrong. */
export interface SchemaIssue {
  /** What is wrong, in the words of the schema; it may quote the value. */
  readonly message: string;
  /** Where: the names that lead there from the value. */
  readonly path?:
    | readonly (
        | PropertyKey
        | {
            /** One name of the path. */
            readonly key: PropertyKey;
          }
      )[]
    | undefined;
}

/** What a schema says of a value: what it makes of it, or what is wrong with it. */
export type SchemaResult<Output> =
  | {
      /** The value as the schema gives it. */
      readonly value: Output;
      /** Nothing is wrong. */
      readonly issues?: undefined;
    }
  | {
      /** What is wrong. */
      readonly issues: readonly SchemaIssue[];
    };

/**
 * Any schema of the Standard Schema convention: of zod, valibot, ArkType and others. It has to answer at once, and always the same for the
 * same value: what it answered is kept.
 */
export interface StandardSchema<Input = unknown, Output = Input> {
  /** The convention's place in a schema. */
  readonly "~standard": {
    /** The version of the convention. */
    readonly version: 1;
    /** Whose schema it is. */
    readonly vendor: string;
    /** Checks a value. One that answers by a promise is refused. */
    readonly validate: (value: unknown) => SchemaResult<Output> | Promise<SchemaResult<Output>>;
    /** For types alone. */
    readonly types?:
      | {
          /** What may be passed in. */
          readonly input: Input;
          /** What comes out. */
          readonly output: Output;
        }
      | undefined;
  };
}

/** How values that a store cannot hold (classes, `Map`, `Set`) are kept in one, and brought back. */
export interface Codec<T, Stored = Value> {
  /** What to store for a value that has passed the schema. What it throws passes on, and nothing is written. */
  encode(value: T): Stored;
  /**
   * The value again, from what was stored, which is frozen. What comes out is checked by the schema. What it throws is the `cause` of
   * `TYPE_MISMATCH`.
   */
  decode(stored: Stored): T;
}
