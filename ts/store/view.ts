/**
 * A view of a store: everything that can be asked of it without changing it. The store itself is the view with an empty prefix.
 *
 * @module
 */

import { HoldallError, HoldallTypeError } from "../errors.js";
import { checkCount, checkOptions, checkString, stringsOf, typeOf } from "./arguments.js";
import type { Core } from "./core.js";
import type { Prefix } from "./exchange.js";
import { search } from "./find.js";
import { ListingIterator, Walk } from "./listing.js";
import { type Cell, isGood, lasting, ViewMemo } from "./memo.js";
import { metaOf } from "./metadata.js";
import { readThrough, wraps } from "./middleware.js";
import { missingEntry } from "./refusals.js";
import { matcherOf, shapeOf } from "./shape.js";
import { checkKindOrSchema, readAs } from "./standard-schema.js";
import type {
  DeepReadonly,
  FindOptions,
  ListOptions,
  Meta,
  Milliseconds,
  ReadOperation,
  Shape,
  ShapePattern,
  StandardSchema,
  Stats,
  StoreReader,
  Value,
  ValueKind,
} from "./types/index.js";
import { kindOfEncoding } from "./values/encoding.js";

const never = Number.POSITIVE_INFINITY;
/** More entries than there can be. */
const mostListed = 2 ** 32 - 1;
const keepNothing = () => undefined;

/** What stands for the core of a view that has been disposed of. */
const endedCore = /* @__PURE__ */ new Proxy({} as Core, {
  get: () => {
    throw new HoldallError("CLOSED", "The scope has been disposed of");
  },
});

/** What a view shares with the others. For the classes built on views, and not within the reach of who holds one. */
export let coreOf: (view: StoreView) => Core;
/** What a view's keys begin with in the whole store. */
export let prefixWithin: (view: StoreView) => Prefix;
/** Whether something is a view of this package. */
export let isView: (candidate: unknown) => candidate is StoreView;
/** Ends a view: later calls of it throw `CLOSED`. Returns what stands for its core from now on. */
export let endView: (view: StoreView) => Core;

/** What every view reads; which scopes it has depends on whether it can be heard and written. */
export type Readable = Omit<StoreReader, "scope" | "isolate">;

/** A view that reads. */
export class StoreView implements Readable {
  // Truly private: whoever has a reader must not find the way to write in it.
  #core: Core;
  readonly #prefix: Prefix;
  #memo = new ViewMemo();
  readonly #keep: (key: string, cell: Cell) => void;

  static {
    coreOf = (view) => view.#core;
    prefixWithin = (view) => view.#prefix;
    isView = (candidate): candidate is StoreView => typeof candidate === "object" && candidate !== null && #core in candidate;
    endView = (view) => {
      view.#core = endedCore;
      view.#memo = new ViewMemo();
      return endedCore;
    };
  }

  /** Made by `createStore` and `scope`. */
  constructor(core: Core, prefix: Prefix) {
    this.#core = core;
    this.#prefix = prefix;
    this.#keep = (key, cell) => this.#memo.add(core.memo, key, cell);
  }

  get<T = Value>(key: string): DeepReadonly<T> | undefined {
    const cell = this.#memo.young.get(key);
    if (cell !== undefined && (cell.state === lasting || isGood(cell, this.#core.now()))) {
      this.#core.use(cell.row);
      return cell.value as DeepReadonly<T>;
    }
    return this.#read(key, true) as DeepReadonly<T> | undefined;
  }

  getOrThrow<T = Value>(key: string): DeepReadonly<T> {
    const value = this.get<T>(key);
    if (value !== undefined) return value;
    throw missingEntry(this.#core, this.#prefix, key);
  }

  getOrDefault<T = Value>(key: string, fallback: T): DeepReadonly<T> {
    const value = this.get<T>(key);
    return value === undefined ? (fallback as DeepReadonly<T>) : value;
  }

  getAs<T>(key: string, as: ValueKind | StandardSchema): T {
    checkKindOrSchema(as);
    return readAs(as, this.getOrThrow(key), this.#prefix, key) as T;
  }

  getMutable<T = Value>(key: string): T | undefined {
    return this.#ask("getMutable", key, () => {
      const isThere = this.#core.read(this.#prefix, key, true, keepNothing) !== undefined;
      if (!isThere || this.#core.find(this.#prefix, key) < 0) return undefined;
      return this.#core.exchange.readValue("mutable") as T;
    });
  }

  peek<T = Value>(key: string): DeepReadonly<T> | undefined {
    return this.#read(key, false) as DeepReadonly<T> | undefined;
  }

  has(key: string): boolean {
    return this.#ask("has", key, () => this.#core.find(this.#prefix, key) >= 0);
  }

  getMany<T = Value>(keys: Iterable<string>): (DeepReadonly<T> | undefined)[] {
    const list = stringsOf("keys", keys);
    this.#core.begin();
    return list.map((key) => this.get<T>(key));
  }

  keys(options?: ListOptions): IterableIterator<string> {
    return this.#ask("keys", undefined, () => new ListingIterator(this.#list(options, false), (key) => key));
  }

  values<T = Value>(options?: ListOptions): IterableIterator<DeepReadonly<T>> {
    return this.#ask("values", undefined, () => new ListingIterator(this.#list(options, true), (_, value) => value as DeepReadonly<T>));
  }

  entries<T = Value>(options?: ListOptions): IterableIterator<[string, DeepReadonly<T>]> {
    return this.#ask(
      "entries",
      undefined,
      () => new ListingIterator(this.#list(options, true), (key, value) => [key, value as DeepReadonly<T>]),
    );
  }

  /** The entries, as `entries()`. */
  [Symbol.iterator](): IterableIterator<[string, DeepReadonly<Value>]> {
    return this.entries();
  }

  find(options: FindOptions): IterableIterator<string> {
    return this.#ask("find", undefined, () => new ListingIterator(search(this.#core, this.#prefix, options), (key) => key));
  }

  keysByKind(kind: ValueKind | Iterable<ValueKind>, options?: Omit<FindOptions, "kind">): IterableIterator<string> {
    checkOptions(options);
    if (kind === undefined) throw new HoldallTypeError("kind must be given");
    return this.find({ ...options, kind });
  }

  findBySchema(pattern: ShapePattern, options?: Omit<FindOptions, "kind">): IterableIterator<string> {
    const { kind, matches } = matcherOf(pattern);
    checkOptions(options);
    return this.#ask("findBySchema", undefined, () => {
      const entries = search(this.#core, this.#prefix, { ...options, kind }, true);
      return new ListingIterator(entries, (key, value) => (matches(value as Value) ? key : undefined));
    });
  }

  get size(): number {
    return this.#ask("size", undefined, () => {
      const now = this.#core.begin();
      const [from, to] = this.#writePrefix("");
      const count = this.#core.run(() => this.#core.raw.count(from, to, now));
      return this.#core.check(count, this.#prefix);
    });
  }

  ttl(key: string): Milliseconds | null | undefined {
    return this.#ask("ttl", key, () => {
      if (this.#core.find(this.#prefix, key) < 0) return undefined;
      const { deadline } = this.#core.exchange;
      // It was there, though the clock may have moved on since.
      return deadline === never ? null : Math.max(deadline - this.#core.now(), 1);
    });
  }

  meta(key: string): Meta | undefined {
    return this.#ask("meta", key, () => metaOf(this.#core, this.#prefix, key));
  }

  hasTag(key: string, tag: string): boolean {
    checkString("tag", tag);
    return this.meta(key)?.tags.includes(tag) ?? false;
  }

  getProperty<T = Value>(key: string, name: string): DeepReadonly<T> | undefined {
    checkString("name", name);
    const properties = this.meta(key)?.properties ?? {};
    return Object.hasOwn(properties, name) ? (properties[name] as DeepReadonly<T>) : undefined;
  }

  schemaOf(key: string): Shape | undefined {
    const value = this.peek(key);
    return value === undefined ? undefined : shapeOf(value);
  }

  kindOf(key: string): ValueKind | undefined {
    return this.#ask("kindOf", key, () =>
      this.#core.find(this.#prefix, key) < 0 ? undefined : kindOfEncoding(this.#core.exchange.encoding),
    );
  }

  stats(): Stats {
    const core = this.#core;
    const now = core.begin();
    const [from, to] = this.#writePrefix("");
    core.check(
      core.run(() => core.raw.stats(from, to, now)),
      this.#prefix,
    );
    const [entries, bytes, evictions, expirations] = core.exchange.readNumbers();
    return { entries, bytes, hits: core.hits, misses: core.misses, evictions, expirations, memoBytes: core.memo.bytes };
  }

  /** Asks the store, through what wraps this view. */
  #ask<T>(operation: ReadOperation, key: string | undefined, ask: () => T): T {
    return this.#core.wrapping === undefined ? ask() : readThrough(this.#core, this.#prefix, operation, key, ask);
  }

  #read(key: string, counts: boolean): Value | undefined {
    if (this.#core.wrapping !== undefined && wraps(this.#core, "read", this.#prefix)) {
      // What is kept in this view's memo would be found without passing here.
      const ask = () => this.#core.read(this.#prefix, key, counts, keepNothing);
      return readThrough(this.#core, this.#prefix, counts ? "get" : "peek", key, ask);
    }
    const rescued = this.#memo.rescue(this.#core.memo, key, this.#core.now());
    if (rescued !== undefined) {
      if (counts) this.#core.use(rescued.row);
      else this.#core.checkEngine();
      return rescued.value;
    }
    return this.#core.read(this.#prefix, key, counts, this.#keep);
  }

  /** Writes this view's prefix and what follows it; from where to where it stands. */
  #writePrefix(prefix: string): [number, number] {
    checkString("prefix", prefix);
    return [this.#core.exchange.keyFrom(this.#prefix), this.#core.exchange.writeKey(this.#prefix, prefix, "prefix")];
  }

  #list(options: ListOptions = {}, withValues: boolean): Walk {
    checkOptions(options);
    const { prefix = "", limit, reverse = false, after } = options;
    checkCount("limit", limit, 0);
    if (typeof reverse !== "boolean") throw new HoldallTypeError(`reverse must be a boolean, not ${typeOf(reverse)}`);
    const core = this.#core;
    const now = core.begin();
    let afterLength = -1;
    if (after !== undefined) {
      checkString("after", after);
      core.exchange.writeKey(this.#prefix, after, "after");
      afterLength = core.exchange.writeValue(this.#prefix.text + after);
    }
    const [from, to] = this.#writePrefix(prefix);
    const most = Math.min(limit ?? mostListed, mostListed);
    const answer = core.run(() => core.raw.list(from, to, this.#prefix.bytes.length, afterLength, reverse, most, withValues, now));
    return new Walk(core, core.check(answer, this.#prefix), withValues);
  }
}
