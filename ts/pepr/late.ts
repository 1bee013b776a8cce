/**
 * Items that are still on their way: of a store that takes time to open, in the hands of code that cannot wait, such as the top level of a Pepr module.
 *
 * What is written before is shown at once and done again, in the same order, on the store when it is there; what that holds is shown then. Who waits
 * for a write, waits for the store to open as well. Where it cannot be opened, all of them hear why, and so does every later call.
 *
 * @module
 */

import type { Report } from "../faces/callbacks.js";
import type { BackedStore } from "../replica/types.js";
import type { SetOptions, Store, ValueKind } from "../store/types/index.js";
import type { PeprItems } from "./types.js";

/** Something that was asked for before there was a store. */
interface Step {
  /** Does it. */
  readonly run: (store: BackedStore) => void;
  /** It will never be done. */
  readonly fail?: (reason: unknown) => void;
}

interface Listening {
  readonly listener: () => void;
  off: () => void;
}

/** The items of a store that is being opened, and then of that store. */
export class LateItems implements PeprItems {
  readonly #report: Report;
  readonly #listening = new Set<Listening>();
  /** What is shown until the store is there. */
  #early: Store | undefined;
  #store: BackedStore | undefined;
  #failure: { readonly reason: unknown } | undefined;
  #steps: Step[] = [];
  /** Fulfils when the store is there; rejects when it cannot be opened. */
  readonly opened: Promise<void>;

  /**
   * @param early - an empty store, which is disposed of
   * @param report - hears what was written early and is refused by the store
   */
  constructor(opening: Promise<BackedStore>, early: Store, report: Report) {
    this.#early = early;
    this.#report = report;
    this.opened = opening.then(
      (store) => this.#open(store),
      (reason: unknown) => {
        this.#fail(reason);
        throw reason;
      },
    );
    // Who asks hears of it.
    this.opened.catch(() => {});
  }

  get(key: string): unknown {
    return this.#items.get(key);
  }

  kindOf(key: string): ValueKind | undefined {
    return this.#items.kindOf(key);
  }

  keys(): IterableIterator<string> {
    return this.#items.keys();
  }

  entries(): IterableIterator<[string, unknown]> {
    return this.#items.entries();
  }

  set(key: string, value: string, options?: SetOptions): void {
    this.#write((items) => items.set(key, value, options));
  }

  setMany(pairs: Iterable<readonly [string, string]>, options?: SetOptions): void {
    const list = [...pairs];
    this.#write((items) => items.setMany(list, options));
  }

  delete(key: string): boolean {
    return this.#write((items) => items.delete(key));
  }

  deleteMany(keys: Iterable<string>): number {
    const list = [...keys];
    return this.#write((items) => items.deleteMany(list));
  }

  /** Removes all, what the store turns out to hold included. */
  removeAll(): void {
    this.#write((items) => items.clear());
  }

  subscribe(listener: () => void): () => void {
    const listening = { listener, off: this.#items.subscribe(listener) };
    this.#listening.add(listening);
    return () => {
      this.#listening.delete(listening);
      listening.off();
    };
  }

  acknowledged(): Promise<void> {
    return this.#later((store) => store.acknowledged());
  }

  flush(): Promise<void> {
    return this.#store === undefined && this.#steps.length === 0 ? Promise.resolve() : this.#later((store) => store.flush());
  }

  get #items(): Store | BackedStore {
    if (this.#failure !== undefined) throw this.#failure.reason;
    return this.#store ?? (this.#early as Store);
  }

  #write<Result>(change: (items: Store | BackedStore) => Result): Result {
    const result = change(this.#items);
    if (this.#store === undefined) this.#steps.push({ run: change });
    return result;
  }

  /** Asks the store when it is there and all that was asked before is done. */
  #later(ask: (store: BackedStore) => Promise<void>): Promise<void> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure.reason);
    if (this.#store !== undefined) return ask(this.#store);
    return new Promise((resolve, reject) => {
      this.#steps.push({ run: (store) => ask(store).then(resolve, reject), fail: reject });
    });
  }

  #open(store: BackedStore): void {
    for (const { run } of this.#steps.splice(0)) {
      try {
        run(store);
      } catch (error) {
        this.#report(error);
      }
    }
    this.#store = store;
    for (const listening of this.#listening) {
      listening.off();
      listening.off = store.subscribe(listening.listener);
    }
    this.#endEarly();
    // What was there before is news to all of them.
    for (const { listener } of [...this.#listening]) listener();
  }

  #fail(reason: unknown): void {
    this.#failure = { reason };
    for (const { fail } of this.#steps.splice(0)) fail?.(reason);
    this.#endEarly();
  }

  #endEarly(): void {
    this.#early?.dispose();
    this.#early = undefined;
  }
}
