/**
 * The store, and its scopes: what a view reads and writes, and what makes other views and stores of it.
 *
 * @module
 */

import { HoldallTypeError } from "../errors.js";
import { checkBounds, checkOptions, typeOf } from "./arguments.js";
import { wholeStore } from "./exchange.js";
import { exportLines, importLines } from "./lines.js";
import { checkView, diff, merge } from "./merging.js";
import { ReaderView } from "./reader.js";
import { isolatePrefix, scopePrefix } from "./scope.js";
import { transact } from "./transaction.js";
import type {
  Bounds,
  ChangeListener,
  CommitListener,
  Difference,
  MergeOptions,
  MergeResult,
  MergeStrategy,
  Reader,
  Store,
  StoreReader,
  Transaction,
  TransactionOptions,
  Unsubscribe,
  Value,
  WatchTarget,
} from "./types/index.js";
import { coreOf, prefixWithin } from "./view.js";
import { subscribe, watch } from "./watching.js";
import { endWritable, WritableView } from "./writable.js";

/** A store or a scope of one. */
export class PlainStore extends WritableView implements Store {
  scope(name: string, bounds?: Bounds): Store {
    checkOptions(bounds);
    if (bounds !== undefined) checkBounds(bounds);
    const scope = new PlainStore(coreOf(this), scopePrefix(coreOf(this), prefixWithin(this), name));
    if (bounds !== undefined) scope.#bind(bounds);
    return scope;
  }

  isolate(id: string): Store {
    return new PlainStore(coreOf(this), isolatePrefix(coreOf(this), prefixWithin(this), id));
  }

  watch<T = Value>(target: WatchTarget | ChangeListener<T>, listener?: ChangeListener<T>): Unsubscribe {
    return watch(this, target, listener);
  }

  subscribe(listener: CommitListener): Unsubscribe {
    return subscribe(this, listener);
  }

  reader(): Reader {
    coreOf(this).begin();
    return new ReaderView(coreOf(this), prefixWithin(this));
  }

  clone(): Store {
    return new PlainStore(coreOf(this).clone(prefixWithin(this)), wholeStore);
  }

  transaction<R>(body: (transaction: Transaction) => R, options?: TransactionOptions): R {
    return transact(coreOf(this), prefixWithin(this), body, options);
  }

  merge(other: StoreReader, how: MergeStrategy | MergeOptions): MergeResult {
    return merge(coreOf(this), prefixWithin(this), other, how);
  }

  copyFrom(other: StoreReader): MergeResult {
    return this.merge(other, "skip");
  }

  collisions(other: StoreReader): string[] {
    checkView("other", other);
    return [...other.keys()].filter((key) => this.has(key));
  }

  diff(other: StoreReader): Difference {
    return diff(coreOf(this), prefixWithin(this), other);
  }

  snapshot(): Uint8Array<ArrayBuffer> {
    const core = coreOf(this);
    const now = core.begin();
    core.run(() => core.raw.snapshot(prefixWithin(this).text, now));
    return core.exchange.readBytes();
  }

  restore(bytes: Uint8Array): number {
    if (!(bytes instanceof Uint8Array)) throw new HoldallTypeError(`bytes must be a Uint8Array, not ${typeOf(bytes)}`);
    const core = coreOf(this);
    const prefix = prefixWithin(this);
    return core.change(prefix, (now) => core.run(() => core.raw.restore(prefix.text, bytes, now)));
  }

  export(): IterableIterator<string> {
    return exportLines(coreOf(this), prefixWithin(this));
  }

  import(lines: string | Iterable<string>, how: MergeStrategy | MergeOptions): MergeResult {
    return importLines(coreOf(this), prefixWithin(this), lines, how);
  }

  dispose(): void {
    if (prefixWithin(this).text === "") coreOf(this).dispose();
    else endWritable(this);
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  #bind({ maxEntries, maxBytes }: Bounds): void {
    const core = coreOf(this);
    const now = core.begin();
    const to = core.exchange.writeKey(prefixWithin(this), "");
    const answer = core.run(() => core.raw.bind(core.exchange.keyFrom(prefixWithin(this)), to, maxEntries, maxBytes, now));
    core.check(answer, prefixWithin(this));
    core.countUses();
  }
}
