/**
 * Typed views of backed stores: as those of plain stores, with promises for what the backend decides.
 *
 * @module
 */

import { checkFunction, stringsOf } from "../store/arguments.js";
import { Passage, TypedReaderView } from "../store/typed.js";
import type { Codec, CompareAndSetOptions, SetOptions, Ttl, TypedReader } from "../store/types/index.js";
import { coreOf, prefixWithin, type StoreView } from "../store/view.js";
import type { BackedStore, DecideOptions, TypedBackedStore } from "./types.js";

type BackedView = BackedStore & StoreView;
/** What a reader of values is made on; a backed store is one. */
type ReadableView = ConstructorParameters<typeof TypedReaderView>[0];

/** A typed view of a backed store. */
export class TypedBackedView extends TypedReaderView implements TypedBackedStore<unknown, unknown, unknown> {
  readonly #store: BackedView;
  readonly #passage: Passage;

  /** Made by `typedBackedStore`. */
  constructor(store: BackedView, passage: Passage) {
    super(store as unknown as ReadableView, passage);
    this.#store = store;
    this.#passage = passage;
  }

  set(key: string, value: unknown, options?: SetOptions): void {
    this.#store.set(this.#passage.key(key), this.#passage.in(key, value), options);
  }

  async setAndWait(key: string, value: unknown, options?: SetOptions): Promise<void> {
    await this.#store.setAndWait(this.#passage.key(key), this.#passage.in(key, value), options);
  }

  setMany(pairs: Iterable<readonly [string, unknown]>, options?: SetOptions): void {
    this.#store.setMany(this.#passage.pairs(pairs), options);
  }

  delete(key: string): boolean {
    return this.#store.delete(this.#passage.key(key));
  }

  deleteMany(keys: Iterable<string>): number {
    return this.#store.deleteMany(stringsOf("keys", keys).map((key) => this.#passage.key(key)));
  }

  clear(): number {
    return this.#store.clear();
  }

  async compareAndSet(key: string, value: unknown, options: CompareAndSetOptions): Promise<number> {
    return this.#store.compareAndSet(this.#passage.key(key), this.#passage.in(key, value), options);
  }

  async update(key: string, change: (value: unknown) => unknown, options?: DecideOptions): Promise<unknown> {
    checkFunction("change", change);
    const passage = this.#passage;
    const changed = (stored: unknown) => passage.in(key, change(passage.out(key, stored)));
    return passage.out(key, await this.#store.update(passage.key(key), changed, options));
  }

  async touch(key: string, ttl: Ttl, options?: DecideOptions): Promise<boolean> {
    return this.#store.touch(this.#passage.key(key), ttl, options);
  }

  async persist(key: string, options?: DecideOptions): Promise<boolean> {
    return this.#store.persist(this.#passage.key(key), options);
  }

  async addTag(key: string, tag: string, options?: DecideOptions): Promise<boolean> {
    return this.#store.addTag(this.#passage.key(key), tag, options);
  }

  async removeTag(key: string, tag: string, options?: DecideOptions): Promise<boolean> {
    return this.#store.removeTag(this.#passage.key(key), tag, options);
  }

  acknowledged(): Promise<void> {
    return this.#store.acknowledged();
  }

  flush(): Promise<void> {
    return this.#store.flush();
  }

  override scope(...name: [name: string]): TypedBackedStore<unknown, unknown, unknown> {
    return this.#over(this.#store.scope(...name));
  }

  override isolate(...id: [id: string]): TypedBackedStore<unknown, unknown, unknown> {
    return this.#over(this.#store.isolate(...id));
  }

  reader(): TypedReader<unknown, unknown> {
    return new TypedReaderView(this.#store.reader() as ReadableView, this.#passage);
  }

  #over(store: BackedStore): TypedBackedView {
    const view = store as BackedView;
    return new TypedBackedView(view, this.#passage.within(view));
  }
}

/** A typed view of a backed store. */
export function typedBackedStore(store: BackedView, schema: unknown, codec: Codec<unknown, unknown> | undefined): TypedBackedView {
  coreOf(store).begin();
  return new TypedBackedView(store, new Passage(prefixWithin(store), schema, codec));
}
