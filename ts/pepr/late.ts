/**
 * Items that are still on their way: of a store that takes time to open, in the hands of code that cannot wait, such as the top level of a Pepr module.
 *
 * What is written before is shown at once and done again, in the same order, on the store when it is there; what that holds is shown then. Who waits
 * for a write, waits for the store to open as well. Where it cannot be opened, all of them hear why, and so does every later call.
 *
 * @module
 */

import type { Report } from "../faces/callbacks.js";
import type { BackedStore, StoreStatus } from "../replica/types.js";
import type { SetOptions, Store, ValueKind } from "../store/types/index.js";
import type { PeprItems } from "./types.js";

/** Something that was asked for before there was a store. */
type Step = { readonly write: (store: BackedStore) => void } | Question;

/** A question behind writes. */
interface Question {
  /** Asks the store. */
  readonly ask: (store: BackedStore) => void;
  /** It will never be asked. */
  readonly fail: (reason: unknown) => void;
  /** Whether it is of the write before it alone. */
  readonly isOfLastWrite: boolean;
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
   * @param report - hears what was written early and is refused by the store at once, where nobody has asked for its acknowledgement
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
    return this.#later((store) => store.acknowledged(), true);
  }

  /** How the store is doing, when it is there. */
  get status(): Pick<StoreStatus, "backlog"> | undefined {
    return this.#store?.status;
  }

  flush(): Promise<void> {
    // Nothing was written that would have to wait for it to open.
    if (this.#early !== undefined && this.#steps.length === 0) return Promise.resolve();
    return this.#later((store) => store.flush(), false);
  }

  get #items(): Store | BackedStore {
    if (this.#failure !== undefined) throw this.#failure.reason;
    return this.#store ?? (this.#early as Store);
  }

  #write<Result>(change: (items: Store | BackedStore) => Result): Result {
    const result = change(this.#items);
    if (this.#store === undefined) this.#steps.push({ write: change });
    return result;
  }

  /** Asks the store when it is there and all that was asked before is done. */
  #later(ask: (store: BackedStore) => Promise<void>, isOfLastWrite: boolean): Promise<void> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure.reason);
    if (this.#store !== undefined) return ask(this.#store);
    return new Promise((resolve, reject) => {
      this.#steps.push({ ask: (store) => void ask(store).then(resolve, reject), fail: reject, isOfLastWrite });
    });
  }

  #open(store: BackedStore): void {
    this.#run(store, this.#steps.splice(0));
    const isNews = !isSame(this.#items.entries(), store.entries());
    this.#store = store;
    for (const listening of this.#listening) {
      listening.off();
      listening.off = store.subscribe(listening.listener);
    }
    this.#endEarly();
    // What has been there is news to all of them.
    if (isNews) for (const { listener } of [...this.#listening]) listener();
  }

  /** Does what was asked for, in its order. A write that the store refuses is told to who asks for just that, else to `report`. */
  #run(store: BackedStore, steps: readonly Step[]): void {
    let refused: { readonly error: unknown } | undefined;
    const tell = () => {
      if (refused !== undefined) this.#report(refused.error);
      refused = undefined;
    };
    for (const step of steps) {
      if (refused !== undefined && "ask" in step && step.isOfLastWrite) {
        step.fail(refused.error);
        refused = undefined;
        continue;
      }
      tell();
      if ("ask" in step) step.ask(store);
      else {
        try {
          step.write(store);
        } catch (error) {
          refused = { error };
        }
      }
    }
    tell();
  }

  #fail(reason: unknown): void {
    this.#failure = { reason };
    for (const step of this.#steps.splice(0)) if ("ask" in step) step.fail(reason);
    this.#endEarly();
  }

  #endEarly(): void {
    this.#early?.dispose();
    this.#early = undefined;
  }
}

function isSame(some: Iterable<[string, unknown]>, others: Iterable<[string, unknown]>): boolean {
  return JSON.stringify([...some]) === JSON.stringify([...others]);
}
