/**
 * The store, and its scopes: what a view reads and writes, and what makes other views and stores of it.
 *
 * @module
 */

import { checkBounds, checkOptions } from "./arguments.js";
import { collisions, diff } from "./comparing.js";
import { cloneCore } from "./copies.js";
import { wholeStore } from "./exchange.js";
import { changes } from "./feed.js";
import { exportLines, importLines } from "./lines.js";
import { endLoads, getOrLoad } from "./loading.js";
import { merge } from "./merging.js";
import { wrap } from "./middleware.js";
import { ReaderView } from "./reader.js";
import { isolatePrefix, scopePrefix } from "./scope.js";
import { checkSnapshot, restoreSnapshot, takeSnapshot } from "./snapshots.js";
import { transact } from "./transaction.js";
import { typedStore } from "./typed.js";
import type {
  Bounds,
  ChangeFeed,
  ChangeListener,
  ChangesOptions,
  Codec,
  CommitListener,
  DeepReadonly,
  Difference,
  LoadOptions,
  MergeOptions,
  MergeResult,
  MergeStrategy,
  Middleware,
  Reader,
  StandardSchema,
  Store,
  StoreReader,
  Transaction,
  TransactionOptions,
  TypedStore,
  Unsubscribe,
  Value,
  WaitOptions,
  WaitPredicate,
  WatchTarget,
} from "./types/index.js";
import { coreOf, prefixWithin } from "./view.js";
import { waitFor } from "./waiting.js";
import { subscribe, watch } from "./watching.js";
import { performWrapped } from "./wholesale.js";
import { endWritable, WritableView, writingCoreOf } from "./writable.js";

/** A store or a scope of one. */
export class PlainStore extends WritableView implements Store {
  scope(name: string, bounds?: Bounds): Store {
    return this.#within(scopePrefix, name, bounds);
  }

  isolate(id: string, bounds?: Bounds): Store {
    return this.#within(isolatePrefix, id, bounds);
  }

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

  use(middleware: Middleware): Unsubscribe {
    return wrap(writingCoreOf(this), prefixWithin(this), middleware);
  }

  getOrLoad<T = Value>(key: string, loader: () => unknown, options?: LoadOptions): Promise<DeepReadonly<T>> {
    writingCoreOf(this);
    return getOrLoad(this, key, loader, options) as Promise<DeepReadonly<T>>;
  }

  typed<Input, T, Read>(schema: StandardSchema<Input, T>, codec?: Codec<unknown, unknown>): TypedStore<Input, T, Read> {
    return typedStore(this, schema, codec) as TypedStore<Input, unknown, unknown> as TypedStore<Input, T, Read>;
  }

  reader(): Reader {
    coreOf(this).begin();
    return new ReaderView(coreOf(this), prefixWithin(this));
  }

  clone(): Store {
    return new PlainStore(cloneCore(coreOf(this), prefixWithin(this)), wholeStore);
  }

  transaction<R>(body: (transaction: Transaction) => R, options?: TransactionOptions): R {
    return transact(writingCoreOf(this), prefixWithin(this), body, options);
  }

  merge(other: StoreReader, how: MergeStrategy | MergeOptions): MergeResult {
    return merge(writingCoreOf(this), prefixWithin(this), other, how);
  }

  copyFrom(other: StoreReader): MergeResult {
    return this.merge(other, "skip");
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

  restore(bytes: Uint8Array): number {
    const content = checkSnapshot(bytes);
    const prefix = prefixWithin(this);
    const own = writingCoreOf(this);
    const count = performWrapped(
      own,
      prefix,
      (core) => restoreSnapshot(core, prefix, content),
      () => 0,
    );
    endLoads(own, prefix);
    return count;
  }

  export(): IterableIterator<string> {
    return exportLines(coreOf(this), prefixWithin(this));
  }

  import(lines: string | Iterable<string>, how: MergeStrategy | MergeOptions): MergeResult {
    return importLines(writingCoreOf(this), prefixWithin(this), lines, how);
  }

  dispose(): void {
    if (prefixWithin(this).text === "") writingCoreOf(this).dispose();
    else endWritable(this);
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  #within(prefixFor: typeof scopePrefix, name: string, bounds: Bounds | undefined): Store {
    checkOptions(bounds, "bounds");
    // Read once: what is checked is what is set.
    const limits = bounds && { maxEntries: bounds.maxEntries, maxBytes: bounds.maxBytes };
    if (limits !== undefined) checkBounds(limits);
    const core = coreOf(this);
    const prefix = prefixFor(core, prefixWithin(this), name);
    if (limits !== undefined) core.bind(prefix, limits);
    return new PlainStore(core, prefix);
  }
}
