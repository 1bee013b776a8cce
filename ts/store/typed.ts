/**
 * Typed views: a view of a store whose values pass a schema on their way in and on their way out, and a codec where there is one.
 *
 * What others put there is read through the schema as well, so a read gives what its type says or throws `TYPE_MISMATCH`. Without a codec
 * reads are as cheap as those of the store beneath, but for one look-up; with one, each read decodes, and its result is the caller's own.
 *
 * @module
 */

import { HoldallError } from "../errors.js";
import { checkFunction, checkIterable, stringsOf } from "./arguments.js";
import { detailsOf, type Prefix } from "./exchange.js";
import { EntryIterator } from "./listing.js";
import { mismatch } from "./refusals.js";
import { checkSchema, type Known, knownOf, readBySchema, validate } from "./standard-schema.js";
import type {
  Bounds,
  Change,
  Codec,
  CompareAndSetOptions,
  FindOptions,
  ListOptions,
  LoadOptions,
  Meta,
  Milliseconds,
  Reader,
  SetOptions,
  StandardSchema,
  Stats,
  Store,
  Ttl,
  TypedChange,
  TypedCommit,
  TypedReader,
  TypedStore,
  Unsubscribe,
  Value,
  ValueKind,
  WatchTarget,
} from "./types/index.js";
import { coreOf, prefixWithin, type StoreView } from "./view.js";

type View = Reader & StoreView;
type WritableView = Store & StoreView;
type Listener = (change: TypedChange<unknown>) => void;

/** How values pass between a typed view and the store beneath. */
export class Passage {
  readonly #prefix: Prefix;
  readonly #schema: StandardSchema;
  readonly #known: Known;
  readonly #codec: Codec<unknown, unknown> | undefined;

  constructor(prefix: Prefix, schema: unknown, codec: Codec<unknown, unknown> | undefined) {
    checkSchema(schema);
    if (codec !== undefined) for (const name of ["encode", "decode"] as const) checkFunction(`codec.${name}`, codec?.[name]);
    this.#prefix = prefix;
    this.#schema = schema;
    this.#known = knownOf(schema);
    this.#codec = codec;
  }

  /** The same for a scope. */
  within(view: StoreView): Passage {
    return new Passage(prefixWithin(view), this.#schema, this.#codec);
  }

  /** A key, which is not empty. */
  key(key: string): string {
    if (key === "") throw new HoldallError("INVALID_KEY", "A typed store has no empty key", detailsOf(this.#prefix, key));
    return key;
  }

  /** What to store for a value. */
  in(key: string, value: unknown): Value {
    const output = validate(this.#schema, value, "INVALID_VALUE", this.#prefix, key);
    return (this.#codec === undefined ? output : this.#codec.encode(output)) as Value;
  }

  /** What to store for pairs. What is no pair is the store's to refuse. */
  pairs(pairs: Iterable<readonly [string, unknown]>): (readonly [string, Value])[] {
    checkIterable("pairs", pairs);
    return Array.from(pairs, (pair) => (Array.isArray(pair) ? [this.key(pair[0]), this.in(pair[0], pair[1])] : pair) as [string, Value]);
  }

  /** The value that was stored, if one was. */
  out(key: string, stored: unknown): unknown {
    if (stored === undefined) return undefined;
    if (this.#codec === undefined) return readBySchema(this.#schema, this.#known, stored, this.#prefix, key);
    let decoded: unknown;
    try {
      decoded = this.#codec.decode(stored);
    } catch (cause) {
      throw mismatch("The stored value could not be decoded", this.#prefix, key, cause);
    }
    return validate(this.#schema, decoded, "TYPE_MISMATCH", this.#prefix, key);
  }

  /** A change whose values are read when they are looked at, so that one that does not pass hides no other. */
  change(change: Change): TypedChange<unknown> {
    const read = (stored: unknown) => this.out(change.key, stored);
    return {
      ...change,
      get value() {
        return read(change.value);
      },
      get previous() {
        return read(change.previous);
      },
    };
  }
}

/** A typed view that reads. */
export class TypedReaderView implements TypedReader<unknown, unknown> {
  readonly #view: View;
  readonly #passage: Passage;

  /** Made by `typedReader` and `typedStore`. */
  constructor(view: View, passage: Passage) {
    this.#view = view;
    this.#passage = passage;
  }

  get(key: string): unknown {
    return this.#passage.out(key, this.#view.get(this.#passage.key(key)));
  }

  getOrThrow(key: string): unknown {
    return this.#passage.out(key, this.#view.getOrThrow(this.#passage.key(key)));
  }

  getOrDefault(key: string, fallback: unknown): unknown {
    const stored = this.#view.get(this.#passage.key(key));
    return stored === undefined ? fallback : this.#passage.out(key, stored);
  }

  getMutable(key: string): unknown {
    return this.#passage.out(key, this.#view.getMutable(this.#passage.key(key)));
  }

  peek(key: string): unknown {
    return this.#passage.out(key, this.#view.peek(this.#passage.key(key)));
  }

  has(key: string): boolean {
    return this.#view.has(this.#passage.key(key));
  }

  getMany(keys: Iterable<string>): unknown[] {
    return stringsOf("keys", keys).map((key) => this.get(key));
  }

  keys(options?: ListOptions): IterableIterator<string> {
    return this.#view.keys(options);
  }

  values(options?: ListOptions): IterableIterator<unknown> {
    return new EntryIterator(this.#view.entries(options), ([key, stored]) => this.#passage.out(key, stored));
  }

  entries(options?: ListOptions): IterableIterator<[string, unknown]> {
    return new EntryIterator(this.#view.entries(options), ([key, stored]) => [key, this.#passage.out(key, stored)]);
  }

  /** The entries, as `entries()`. */
  [Symbol.iterator](): IterableIterator<[string, unknown]> {
    return this.entries();
  }

  find(options: FindOptions): IterableIterator<string> {
    return this.#view.find(options);
  }

  get size(): number {
    return this.#view.size;
  }

  ttl(key: string): Milliseconds | null | undefined {
    return this.#view.ttl(this.#passage.key(key));
  }

  meta(key: string): Meta | undefined {
    return this.#view.meta(this.#passage.key(key));
  }

  hasTag(key: string, tag: string): boolean {
    return this.#view.hasTag(this.#passage.key(key), tag);
  }

  kindOf(key: string): ValueKind | undefined {
    return this.#view.kindOf(this.#passage.key(key));
  }

  stats(): Stats {
    return this.#view.stats();
  }

  watch(target: WatchTarget | Listener, listener?: Listener): Unsubscribe {
    const hear = listener === undefined ? target : listener;
    checkFunction("listener", hear);
    const tell = (change: Change) => (hear as Listener)(this.#passage.change(change));
    if (listener === undefined) return this.#view.watch(tell);
    return this.#view.watch(typeof target === "string" ? this.#passage.key(target) : (target as WatchTarget), tell);
  }

  subscribe(listener: (commit: TypedCommit<unknown>) => void): Unsubscribe {
    checkFunction("listener", listener);
    // What it returns passes on, since it may be a promise.
    return this.#view.subscribe((commit) => listener({ ...commit, changes: commit.changes.map((change) => this.#passage.change(change)) }));
  }

  // What is given beside the name passes on, to be refused.
  scope(...name: [name: string]): TypedReader<unknown, unknown> {
    const scope = this.#view.scope(...name) as View;
    return new TypedReaderView(scope, this.#passage.within(scope));
  }

  isolate(...id: [id: string]): TypedReader<unknown, unknown> {
    const scope = this.#view.isolate(...id) as View;
    return new TypedReaderView(scope, this.#passage.within(scope));
  }
}

/** A typed view that writes. */
export class TypedStoreView extends TypedReaderView implements TypedStore<unknown, unknown, unknown> {
  readonly #store: WritableView;
  readonly #passage: Passage;

  /** Made by `typedStore`. */
  constructor(store: WritableView, passage: Passage) {
    super(store, passage);
    this.#store = store;
    this.#passage = passage;
  }

  set(key: string, value: unknown, options?: SetOptions): void {
    this.#store.set(this.#passage.key(key), this.#passage.in(key, value), options);
  }

  compareAndSet(key: string, value: unknown, options: CompareAndSetOptions): number {
    return this.#store.compareAndSet(this.#passage.key(key), this.#passage.in(key, value), options);
  }

  update(key: string, change: (value: unknown) => unknown): unknown {
    checkFunction("change", change);
    const passage = this.#passage;
    return passage.out(
      key,
      this.#store.update(passage.key(key), (stored) => passage.in(key, change(passage.out(key, stored)))),
    );
  }

  async getOrLoad(key: string, loader: () => unknown, options?: LoadOptions): Promise<unknown> {
    checkFunction("loader", loader);
    const passage = this.#passage;
    return passage.out(key, await this.#store.getOrLoad(passage.key(key), async () => passage.in(key, await loader()), options));
  }

  delete(key: string): boolean {
    return this.#store.delete(this.#passage.key(key));
  }

  setMany(pairs: Iterable<readonly [string, unknown]>, options?: SetOptions): void {
    this.#store.setMany(this.#passage.pairs(pairs), options);
  }

  deleteMany(keys: Iterable<string>): number {
    return this.#store.deleteMany(stringsOf("keys", keys).map((key) => this.#passage.key(key)));
  }

  clear(): number {
    return this.#store.clear();
  }

  touch(key: string, ttl: Ttl): boolean {
    return this.#store.touch(this.#passage.key(key), ttl);
  }

  persist(key: string): boolean {
    return this.#store.persist(this.#passage.key(key));
  }

  addTag(key: string, tag: string): boolean {
    return this.#store.addTag(this.#passage.key(key), tag);
  }

  removeTag(key: string, tag: string): boolean {
    return this.#store.removeTag(this.#passage.key(key), tag);
  }

  override scope(name: string, bounds?: Bounds): TypedStore<unknown, unknown, unknown> {
    return this.#over(this.#store.scope(name, bounds));
  }

  override isolate(id: string, bounds?: Bounds): TypedStore<unknown, unknown, unknown> {
    return this.#over(this.#store.isolate(id, bounds));
  }

  reader(): TypedReader<unknown, unknown> {
    return new TypedReaderView(this.#store.reader() as View, this.#passage);
  }

  clone(): TypedStore<unknown, unknown, unknown> {
    return this.#over(this.#store.clone());
  }

  #over(store: Store): TypedStore<unknown, unknown, unknown> {
    return new TypedStoreView(store as WritableView, this.#passage.within(store as WritableView));
  }
}

/** A typed view of a reader. */
export function typedReader(view: View, schema: unknown, codec: Codec<unknown, unknown> | undefined): TypedReaderView {
  coreOf(view).begin();
  return new TypedReaderView(view, new Passage(prefixWithin(view), schema, codec));
}

/** A typed view of a store. */
export function typedStore(store: WritableView, schema: unknown, codec: Codec<unknown, unknown> | undefined): TypedStoreView {
  coreOf(store).begin();
  return new TypedStoreView(store, new Passage(prefixWithin(store), schema, codec));
}
