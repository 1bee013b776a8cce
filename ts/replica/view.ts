/**
 * A backed store, and its scopes: reads and local writes as in any store; what the backend decides as promises.
 *
 * @module
 */

import type { Capabilities } from "../backends/backend.js";
import { HoldallError, HoldallTypeError } from "../errors.js";
import { checkCount, checkFunction, checkOptions, checkString, typeOf, writeTtl } from "../store/arguments.js";
import { checkView, collisions, diff } from "../store/comparing.js";
import { cloneCore } from "../store/copies.js";
import type { Core } from "../store/core.js";
import { type Prefix, wholeStore } from "../store/exchange.js";
import { changes } from "../store/feed.js";
import { exportLines, importLines } from "../store/lines.js";
import { merge, nothingMerged } from "../store/merging.js";
import { metadataOf } from "../store/metadata.js";
import { wrap } from "../store/middleware.js";
import { ReaderView } from "../store/reader.js";
import { isolatePrefix, scopePrefix } from "../store/scope.js";
import { checkSnapshot, restoreSnapshot, takeSnapshot } from "../store/snapshots.js";
import { encodeFor } from "../store/staging.js";
import { PlainStore } from "../store/store.js";
import { TransactionView } from "../store/transaction.js";
import type {
  ChangeFeed,
  ChangeListener,
  ChangesOptions,
  Codec,
  CommitListener,
  CompareAndSetOptions,
  DeepReadonly,
  Difference,
  IncrementOptions,
  MergeOptions,
  MergeResult,
  MergeStrategy,
  MetadataOptions,
  Middleware,
  Reader,
  SetOptions,
  StandardSchema,
  Store,
  StoreReader,
  Transaction,
  Ttl,
  Unsubscribe,
  Value,
  WaitOptions,
  WaitPredicate,
  WatchTarget,
} from "../store/types/index.js";
import { coreOf, prefixWithin, StoreView } from "../store/view.js";
import { waitFor } from "../store/waiting.js";
import { subscribe, watch } from "../store/watching.js";
import { endWritable, WritableView, writingCoreOf } from "../store/writable.js";
import { checkMetadata, checkTtl, checkValue } from "./capabilities.js";
import { type Decision, decide, decideSteps } from "./decide.js";
import type { Driver } from "./driver.js";
import { checkIfEmpty, type RemovalOptions } from "./removal.js";
import { typedBackedStore } from "./typed.js";
import type { BackedStore, DecideOptions, StoreStatus, SyncOptions, TypedBackedStore } from "./types.js";

/** How often what the backend decides runs again. */
const defaultRetries = 100;

/** What a change of an entry answers where middleware passed on nothing. */
const isNotThere = () => false;

/** What the views of one backed store share beside its core. */
export interface Backing {
  readonly driver: Driver;
  readonly capabilities: Capabilities;
  /** Closes the replica and removes its store. */
  remove(options: RemovalOptions): Promise<boolean>;
}

/** A backed store or a scope of one. */
export class BackedView extends StoreView implements BackedStore {
  /** The writes that are local. */
  readonly #local: WritableView;
  readonly #backing: Backing;

  /** Made by `openStore` and `scope`. */
  constructor(core: Core, prefix: Prefix, backing: Backing) {
    super(core, prefix);
    this.#local = new WritableView(core, prefix);
    this.#backing = backing;
  }

  set(key: string, value: unknown, options?: SetOptions): void {
    this.#checkWritable();
    checkValue(this.#backing.capabilities, value);
    this.#checkSetOptions(options);
    this.#local.set(key, value, options);
  }

  async setAndWait(key: string, value: unknown, options?: SetOptions): Promise<void> {
    await this.#backing.driver.acknowledge(() => this.set(key, value, options));
  }

  async acknowledged(): Promise<void> {
    await this.#backing.driver.acknowledged();
  }

  setMany(pairs: Iterable<readonly [string, unknown]>, options?: SetOptions): void {
    this.#checkWritable();
    this.#checkSetOptions(options);
    const list = this.#backing.capabilities.values === "any" ? pairs : [...pairs];
    if (Array.isArray(list)) for (const pair of list) checkValue(this.#backing.capabilities, pair?.[1]);
    this.#local.setMany(list, options);
  }

  delete(key: string): boolean {
    this.#checkWritable();
    return this.#local.delete(key);
  }

  deleteMany(keys: Iterable<string>): number {
    this.#checkWritable();
    return this.#local.deleteMany(keys);
  }

  clear(): number {
    this.#checkWritable();
    return this.#local.clear();
  }

  async compareAndSet(key: string, value: unknown, options: CompareAndSetOptions): Promise<number> {
    this.#checkWritable();
    if (typeof options !== "object" || options === null) throw new HoldallTypeError(`options must be an object, not ${typeOf(options)}`);
    checkCount("version", options.version, 0);
    checkValue(this.#backing.capabilities, value);
    this.#checkSetOptions(options);
    const core = coreOf(this);
    const prefix = prefixWithin(this);
    const encoded = encodeFor(prefix, key, value);
    const step = { type: "set", key, encoded, ttl: writeTtl(core.engine, options), metadata: metadataOf(options) } as const;
    return decideSteps(core, prefix, this.#backing.driver, [step], key, options.version);
  }

  async update<T = Value>(
    key: string,
    change: (value: DeepReadonly<T> | undefined) => DeepReadonly<T>,
    options?: DecideOptions,
  ): Promise<DeepReadonly<T>> {
    checkFunction("change", change);
    return this.#change(options, key, (view) => view.update<T>(key, change));
  }

  async increment(key: string, by = 1, options?: IncrementOptions & DecideOptions): Promise<number> {
    checkTtl(this.#backing.capabilities, options?.ttl);
    const sum: number | undefined = await this.#change(options, key, (view) => view.increment(key, by, options));
    return sum ?? 0;
  }

  async updateFields<T = Value>(
    key: string,
    fields: Readonly<Record<string, Value | object>>,
    options?: DecideOptions,
  ): Promise<DeepReadonly<T>> {
    return this.#change(options, key, (view) => view.updateFields<T>(key, fields));
  }

  async touch(key: string, ttl: Ttl, options?: DecideOptions): Promise<boolean> {
    checkTtl(this.#backing.capabilities, ttl);
    return this.#decide(options, key, (view) => view.touch(key, ttl), isNotThere);
  }

  async persist(key: string, options?: DecideOptions): Promise<boolean> {
    return this.#decide(options, key, (view) => view.persist(key), isNotThere);
  }

  async addTag(key: string, tag: string, options?: DecideOptions): Promise<boolean> {
    return this.#annotate(options, key, (view) => view.addTag(key, tag));
  }

  async removeTag(key: string, tag: string, options?: DecideOptions): Promise<boolean> {
    return this.#annotate(options, key, (view) => view.removeTag(key, tag));
  }

  async setMeta(key: string, metadata: MetadataOptions, options?: DecideOptions): Promise<boolean> {
    return this.#annotate(options, key, (view) => view.setMeta(key, metadata));
  }

  async setProperty(key: string, name: string, value: unknown, options?: DecideOptions): Promise<boolean> {
    return this.#annotate(options, key, (view) => view.setProperty(key, name, value as Value));
  }

  async removeProperty(key: string, name: string, options?: DecideOptions): Promise<boolean> {
    return this.#annotate(options, key, (view) => view.removeProperty(key, name));
  }

  async transaction<R>(body: (transaction: Transaction) => R | Promise<R>, options?: DecideOptions): Promise<R> {
    checkFunction("body", body);
    return this.#decide({ retries: 0, ...options }, undefined, body);
  }

  async merge(other: StoreReader, how: MergeStrategy | MergeOptions, options?: DecideOptions): Promise<MergeResult> {
    checkView("other", other);
    return this.#wholesale(options, (fork, prefix) => merge(fork, prefix, other, how), nothingMerged);
  }

  async copyFrom(other: StoreReader, options?: DecideOptions): Promise<MergeResult> {
    return this.merge(other, "skip", options);
  }

  async restore(bytes: Uint8Array, options?: DecideOptions): Promise<number> {
    const content = checkSnapshot(bytes);
    const restore = (fork: Core, prefix: Prefix) => {
      // All of it counts as read: what others put there meanwhile is to be replaced as well.
      [...new StoreView(fork, prefix).keys({ limit: 0 })];
      return restoreSnapshot(fork, prefix, content);
    };
    return this.#wholesale(options, restore, () => 0);
  }

  async import(lines: string | Iterable<string>, how: MergeStrategy | MergeOptions, options?: DecideOptions): Promise<MergeResult> {
    // Read once, though it may be done several times.
    const list = typeof lines === "string" ? lines : [...lines];
    return this.#wholesale(options, (fork, prefix) => importLines(fork, prefix, list, how), nothingMerged);
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

  clone(): Store {
    return new PlainStore(cloneCore(coreOf(this), prefixWithin(this)), wholeStore);
  }

  reader(): Reader {
    coreOf(this).begin();
    return new ReaderView(coreOf(this), prefixWithin(this));
  }

  scope(name: string, bounds?: undefined): BackedStore {
    const core = coreOf(this);
    return new BackedView(core, scopePrefix(core, prefixWithin(this), name, bounds), this.#backing);
  }

  isolate(id: string, bounds?: undefined): BackedStore {
    const core = coreOf(this);
    return new BackedView(core, isolatePrefix(core, prefixWithin(this), id, bounds), this.#backing);
  }

  typed<Input, T, Read>(schema: StandardSchema<Input, T>, codec?: Codec<unknown, unknown>): TypedBackedStore<Input, T, Read> {
    return typedBackedStore(this, schema, codec) as TypedBackedStore<Input, unknown, unknown> as TypedBackedStore<Input, T, Read>;
  }

  use(middleware: Middleware): Unsubscribe {
    return wrap(writingCoreOf(this.#local), prefixWithin(this), middleware);
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

  flush(): Promise<void> {
    return this.#backing.driver.flush();
  }

  async sync(options?: SyncOptions): Promise<void> {
    checkOptions(options);
    const { after } = options ?? {};
    if (after === undefined) return this.#backing.driver.sync();
    checkString("after", after);
    const number = coreOf(this).hub.numberAt(after);
    if (number === undefined) throw new HoldallTypeError("after must be a cursor of this store");
    return this.#backing.driver.sync(number);
  }

  writable(): Promise<void> {
    return this.#backing.driver.writable();
  }

  get status(): StoreStatus {
    return this.#backing.driver.status;
  }

  upgradeStore(): Promise<void> {
    return this.#backing.driver.upgrade();
  }

  async removeStore(options?: RemovalOptions): Promise<boolean> {
    checkOptions(options);
    checkIfEmpty(options?.ifEmpty);
    if (prefixWithin(this).text !== "") throw new HoldallError("NOT_SUPPORTED", "A scope is part of a store: clear it");
    return this.#backing.remove(options ?? {});
  }

  async close(options?: WaitOptions): Promise<void> {
    checkOptions(options);
    if (prefixWithin(this).text === "") return this.#backing.driver.close(options);
    endWritable(this.#local);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** What is known of an entry beside its value; `pending` tells whether a write to it waits for the backend. */
  override meta(key: string): ReturnType<StoreView["meta"]> {
    const meta = super.meta(key);
    if (meta === undefined) return undefined;
    const core = coreOf(this);
    const prefix = prefixWithin(this);
    const to = core.exchange.writeKey(prefix, key);
    const pending = core.run(() => core.raw.isPending(core.exchange.keyFrom(prefix), to));
    return { ...meta, pending };
  }

  #annotate(options: DecideOptions | undefined, key: string, body: (view: TransactionView) => boolean): Promise<boolean> {
    if (!this.#backing.capabilities.metadata) throw new HoldallError("NOT_SUPPORTED", "The backend holds no metadata");
    return this.#decide(options, key, body, isNotThere);
  }

  /** Makes a value of the one before. Where middleware put another in its place, or none, the answer is what stands there then. */
  #change<R>(options: DecideOptions | undefined, key: string, body: (view: TransactionView) => R): Promise<R> {
    const present = () => coreOf(this).read(prefixWithin(this), key, false, () => undefined) as R;
    return this.#decide(options, key, body, present, present);
  }

  #decide<R>(
    options: DecideOptions | undefined,
    key: string | undefined,
    change: (view: TransactionView) => R | Promise<R>,
    nothing?: () => R,
    replaced?: () => R,
  ): Promise<R> {
    const body = (fork: Core) => change(new TransactionView(fork, prefixWithin(this)));
    return this.#decideOn(options, { key, body, nothing, replaced });
  }

  #wholesale<R>(options: DecideOptions | undefined, change: (fork: Core, prefix: Prefix) => R, nothing: () => R): Promise<R> {
    return this.#decideOn(options, { body: (fork) => change(fork, prefixWithin(this)), isWholesale: true, nothing });
  }

  #decideOn<R>(options: DecideOptions | undefined, decision: Omit<Decision<R>, "retries">): Promise<R> {
    this.#checkWritable();
    checkOptions(options);
    checkCount("retries", options?.retries, 0);
    return decide<R>(coreOf(this), prefixWithin(this), this.#backing.driver, { ...decision, retries: options?.retries ?? defaultRetries });
  }

  #checkWritable(): void {
    coreOf(this).begin();
    this.#backing.driver.requireWritable();
  }

  #checkSetOptions(options: SetOptions | undefined): void {
    if (options === undefined) return;
    checkOptions(options);
    checkTtl(this.#backing.capabilities, options.ttl);
    checkMetadata(this.#backing.capabilities, options);
  }
}
