/**
 * What a write comes to: the shapes that pass from the calls through middleware to the engine.
 *
 * @module
 */

import type { Prefix } from "./exchange.js";
import type { Encoded } from "./values/encoding.js";

/** What a write changes of the metadata; what is absent stays. */
export interface Metadata {
  readonly tags: readonly string[] | undefined;
  readonly properties: readonly (readonly [string, Encoded])[] | undefined;
  readonly description: string | null | undefined;
}

/** One write, checked and encoded. Its ttl is a number for the engine. */
export type Step =
  | { readonly type: "set"; readonly key: string; readonly encoded: Encoded; readonly ttl: number; readonly metadata: Metadata | undefined }
  | { readonly type: "delete"; readonly key: string }
  /** Its key is what the keys begin with. */
  | { readonly type: "clear"; readonly key: string }
  | { readonly type: "touch"; readonly key: string; readonly ttl: number }
  | {
      readonly type: "meta";
      readonly key: string;
      readonly metadata?: Metadata | undefined;
      readonly addTag?: string | undefined;
      readonly removeTag?: string | undefined;
      readonly setProperty?: readonly [string, Encoded] | undefined;
      readonly removeProperty?: string | undefined;
    };

/** Steps that came through a view, with its own keys. */
export type Written = readonly [view: Prefix, steps: readonly Step[]];
