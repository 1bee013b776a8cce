/**
 * What wraps the calls through a view: the shapes in which middleware sees reads and writes.
 *
 * @module
 */

import type { SetOptions } from "./options.js";
import type { DeepReadonly, Ttl, Value } from "./values.js";

/** Which question a view was asked. `getOrThrow`, `getOrDefault` and `getMany` ask by `get`, `hasTag` by `meta`. */
export type ReadOperation =
  | "entries"
  | "find"
  | "findBySchema"
  | "get"
  | "getMutable"
  | "has"
  | "keys"
  | "kindOf"
  | "meta"
  | "peek"
  | "size"
  | "ttl"
  | "values";

/** A read on its way. Names are relative to the view that the middleware is used on. */
export interface ReadCall {
  /** What was asked. */
  readonly operation: ReadOperation;
  /** The key that was asked for; `undefined` where the question is about many. */
  readonly key: string | undefined;
  /** The scope that was asked, `""` for the view itself. */
  readonly scope: string;
}

/** Sets a value. */
export interface SetWrite extends SetOptions {
  /** Tells it from the others. */
  readonly type: "set";
  /** The key. */
  readonly key: string;
  /** The value. */
  readonly value: DeepReadonly<Value>;
  /** The entry's tags from now on. */
  readonly tags?: readonly string[] | undefined;
}

/** Deletes an entry. */
export interface DeleteWrite {
  /** Tells it from the others. */
  readonly type: "delete";
  /** The key. */
  readonly key: string;
}

/** Deletes all entries whose keys begin with a prefix. */
export interface ClearWrite {
  /** Tells it from the others. */
  readonly type: "clear";
  /** What the keys begin with. */
  readonly prefix: string;
}

/** Sets a new time to live. */
export interface TouchWrite {
  /** Tells it from the others. */
  readonly type: "touch";
  /** The key. */
  readonly key: string;
  /** How long the entry lives from now. */
  readonly ttl: Ttl;
}

/** Changes metadata alone; what is not given stays. */
export interface MetaWrite {
  /** Tells it from the others. */
  readonly type: "meta";
  /** The key. */
  readonly key: string;
  /** The entry's tags from now on. */
  readonly tags?: readonly string[] | undefined;
  /** A tag to add. */
  readonly addTag?: string | undefined;
  /** A tag to remove. */
  readonly removeTag?: string | undefined;
  /** The name and value of a property to set. */
  readonly setProperty?: readonly [string, DeepReadonly<Value>] | undefined;
  /** The name of a property to remove. */
  readonly removeProperty?: string | undefined;
  /** The entry's properties from now on. */
  readonly properties?: Readonly<Record<string, Value>> | undefined;
  /** The entry's description from now on; `null` removes it. */
  readonly description?: string | null | undefined;
}

/** One of the writes that a call stages. Keys are relative to the view that the middleware is used on. */
export type Write = SetWrite | DeleteWrite | ClearWrite | TouchWrite | MetaWrite;

/** Wraps calls. Synchronous: what is an async function or returns a promise is refused with `INVALID_ARGUMENT`. */
export interface Middleware {
  /**
   * Wraps a read. What it returns is what the caller gets; `next()` asks the store.
   */
  read?(call: ReadCall, next: () => unknown): unknown;
  /**
   * Wraps a call that writes, as the list of writes that become one commit: frozen copies, after all checks of the arguments. It passes
   * them on by `next()`, or others by `next(others)`, which are checked as any write; `next` answers how many entries they found, and can be
   * called once. To refuse, it throws before that: what `next` has passed on is committed, and neither what is thrown after it, a second
   * `next` nor a promise takes it back, though the call fails.
   *
   * Without `next` nothing is written, and the call answers as if it had found nothing (`false`, 0, empty lists). `update`, `updateFields`
   * and `increment` answer what then stands under the key (0 for `increment` where nothing does), where another value was passed on too;
   * they end with `CONFLICT` when the entry has changed or expired since they read it. A transaction answers what its body returned, and a
   * merge whose writes were replaced what it came to before.
   *
   * A transaction passes when its body has ended, as the writes that the body made, in their order; a merge, an import or a restore as
   * what it comes to: entries that go, and whole ones as they will be, with `ttl` in place of deadlines. What is the same already is not in the list, so such an
   * entry keeps its version and its times, where a restore without middleware makes all entries anew.
   */
  write?(writes: readonly Write[], next: (writes?: readonly Write[]) => number): number | undefined;
}
