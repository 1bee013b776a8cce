/**
 * Code that is generic over what it stores compiles with every call that writes: `T extends Value` is enough.
 *
 * @module
 */
import type { BackedStore, DeepReadonly, Store, StoreWriter, Transaction, Value } from "../../ts/index.js";

/** What a library of the user's own would write. */
export class Repository<T extends Value> {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store.scope("repository");
  }

  save(key: string, value: T): void {
    this.#store.set(key, value, { ttl: "1h" });
    this.#store.setMany([[key, value]]);
    this.#store.setMany(new Map([[key, value]]));
    this.#store.setProperty(key, "copy", value);
    this.#store.updateFields<T>(key, { "/a": value });
  }

  swap(key: string, value: T, version: number): number {
    return this.#store.compareAndSet(key, value, { version });
  }

  change(key: string, change: (value: DeepReadonly<T> | undefined) => T): DeepReadonly<T> {
    return this.#store.update<T>(key, (value) => change(value));
  }

  replace(key: string, value: T): DeepReadonly<T> {
    return this.#store.update<T>(key, () => value);
  }

  orElse(key: string, fallback: T): DeepReadonly<T> {
    return this.#store.getOrDefault(key, fallback);
  }

  load(key: string, loader: () => Promise<T>): Promise<DeepReadonly<T>> {
    return this.#store.getOrLoad<T>(key, loader);
  }

  loadAtOnce(key: string, value: T): Promise<DeepReadonly<T>> {
    return this.#store.getOrLoad<T>(key, () => value);
  }

  within(key: string, value: T): void {
    this.#store.transaction((tx: Transaction) => put(tx, key, value));
  }
}

function put<T extends Value>(writer: StoreWriter, key: string, value: T): number {
  return writer.compareAndSet(key, value, { version: writer.meta(key)?.version ?? 0 });
}

/** The same on a store that a backend keeps. */
export async function save<T extends Value>(store: BackedStore, key: string, value: T): Promise<DeepReadonly<T>> {
  store.set(key, value);
  store.setMany([[key, value]]);
  await store.setAndWait(key, value);
  await store.setProperty(key, "copy", value);
  await store.compareAndSet(key, value, { version: 1 });
  return store.update<T>(key, () => value);
}
