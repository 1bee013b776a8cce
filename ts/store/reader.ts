/**
 * Readers: views that cannot write, at run time as well as in types. A reader is a plain view, which keeps the way to the store to itself.
 *
 * @module
 */

import { collisions, diff } from "./comparing.js";
import { changes } from "./feed.js";
import { exportLines } from "./lines.js";
import { isolatePrefix, scopePrefix } from "./scope.js";
import { takeSnapshot } from "./snapshots.js";
import { typedReader } from "./typed.js";
import type {
  ChangeFeed,
  ChangeListener,
  ChangesOptions,
  Codec,
  CommitListener,
  DeepReadonly,
  Difference,
  Reader,
  StandardSchema,
  StoreReader,
  TypedReader,
  Unsubscribe,
  Value,
  WaitOptions,
  WaitPredicate,
  WatchTarget,
} from "./types/index.js";
import { coreOf, prefixWithin, StoreView } from "./view.js";
import { waitFor } from "./waiting.js";
import { subscribe, watch } from "./watching.js";

/** A view without mutators, whose scopes have none either. */
export class ReaderView extends StoreView implements Reader {
  watch<T = Value>(target: WatchTarget | ChangeListener<T>, listener?: ChangeListener<T>): Unsubscribe {
    return watch(this, target, listener);
  }

  subscribe(listener: CommitListener): Unsubscribe {
    return subscribe(this, listener);
  }

  changes(options?: ChangesOptions): ChangeFeed {
    return changes(this, options);
  }

  waitFor<T = Value>(key: string, options?: WaitOptions): Promise<DeepReadonly<T>>;
  waitFor<T = Value>(key: string, predicate: WaitPredicate<T> | undefined, options?: WaitOptions): Promise<DeepReadonly<T> | undefined>;
  waitFor<T>(key: string, condition?: WaitPredicate<T> | WaitOptions, options?: WaitOptions): Promise<DeepReadonly<T> | undefined> {
    return waitFor(this, key, condition, options);
  }

  typed<Input, T, Read>(schema: StandardSchema<Input, T>, codec?: Codec<unknown, unknown>): TypedReader<T, Read> {
    return typedReader(this, schema, codec) as TypedReader<unknown, unknown> as TypedReader<T, Read>;
  }

  collisions(other: StoreReader): string[] {
    return collisions(this, other);
  }

  diff(other: StoreReader): Difference {
    return diff(coreOf(this), prefixWithin(this), other);
  }

  snapshot(): Uint8Array<ArrayBuffer> {
    return takeSnapshot(coreOf(this), prefixWithin(this));
  }

  export(): IterableIterator<string> {
    return exportLines(coreOf(this), prefixWithin(this));
  }

  scope(name: string, bounds?: undefined): Reader {
    const core = coreOf(this);
    return new ReaderView(core, scopePrefix(core, prefixWithin(this), name, bounds));
  }

  isolate(id: string, bounds?: undefined): Reader {
    const core = coreOf(this);
    return new ReaderView(core, isolatePrefix(core, prefixWithin(this), id, bounds));
  }
}
