/**
 * Who listens to a store, and the queue of commits that they are told.
 *
 * Listeners run after the commit, outside the engine; commits that they make themselves queue behind the one being told. A listener that
 * throws stops no other. Listeners of single keys are found by key, so they cost nothing to writes of others.
 *
 * @module
 */

import type { HoldallError } from "../errors.js";
import { wholeStore } from "./exchange.js";
import { cursorAt, History, type HistoryBounds, versionAt } from "./history.js";
import { isPromise } from "./promises.js";
import { changesIn, type RawChange, type RawCommit } from "./records.js";
import { changeFor, commitFor, own } from "./telling.js";
import type { ChangeListener, CommitListener, DeepReadonly, EvictReason, StoreOptions, Unsubscribe, Value } from "./types/index.js";

/** Which changes of the whole store a listener hears, by full key. */
export type Target =
  | { readonly key: string }
  | { readonly prefix: string }
  | { readonly prefix: string; readonly matches: (change: RawChange) => boolean };

interface Listener {
  /** The prefix of the view that it was made on. */
  readonly scope: string;
  /** How many commits had been queued before it, which may not all be told yet. */
  readonly since: number;
  isActive: boolean;
}

interface Watcher extends Listener {
  readonly hear: ChangeListener;
}

interface BroadWatcher extends Watcher {
  readonly prefix: string;
  readonly matches: (change: RawChange) => boolean;
}

interface Subscriber extends Listener {
  readonly hear: CommitListener;
}

const everything = () => true;
/** Own, so that no prototype can have it. */
const isOneKey = (target: Target): target is { readonly key: string } => Object.hasOwn(target, "key");

/** The listeners of one store. */
export class Hub {
  readonly #counted: () => void;
  readonly #onError: ((error: unknown) => void) | undefined;
  readonly #onEvict: StoreOptions["onEvict"];
  readonly #byKey = new Map<string, Set<Watcher>>();
  readonly #broad = new Set<BroadWatcher>();
  readonly #subscribers = new Set<Subscriber>();
  readonly #queue: RawCommit[] = [];
  /** How many commits have been queued, and how many of them told. */
  #queued = 0;
  #told = 0;
  /** Names the store in cursors: of a backed store the same for all its replicas. */
  name = Math.random().toString(36).slice(2);
  /** Up to which number what led to the contents was not told, to those who come with a cursor: in a backed store, what was committed while it was loaded. */
  loadedThrough = 0;
  /** How much a history would keep. */
  readonly historyBounds: HistoryBounds;
  /** The latest commits, from the first feed on. */
  history: History | undefined;
  /** Hear when the store is disposed of. */
  readonly closing = new Set<(reason: HoldallError) => void>();
  /** Whether anybody is told of commits: a listener, or the history. Kept as a field, since every write asks. */
  isHeard = false;
  /** Whether anybody hears what expires or is evicted. */
  hearsRemovals: boolean;
  #hasListeners = false;
  /** Whether listeners are being told. */
  isTelling = false;

  /** @param counted - is called when `isAwaited` may have changed */
  constructor({ onError, onEvict, history }: Pick<StoreOptions, "onError" | "onEvict" | "history">, counted: () => void) {
    this.#counted = counted;
    this.#onError = onError;
    this.#onEvict = onEvict;
    this.historyBounds = history;
    this.hearsRemovals = onEvict !== undefined;
  }

  /** Whether somebody waits to hear what happens, even where nobody else holds the store. */
  get isAwaited(): boolean {
    return this.#hasListeners || this.#onEvict !== undefined || (this.history?.waiting.size ?? 0) > 0;
  }

  /** Names a number of this store's commits. */
  cursorAt(version: number): string {
    return cursorAt(this.name, version);
  }

  /** The number that a cursor names; `undefined` when it is none of this store's. */
  numberAt(cursor: string): number | undefined {
    return versionAt(this.name, cursor);
  }

  /** The history, which begins behind a version where there was none. */
  record(version: number): History {
    this.history ??= new History(this.historyBounds, version, this.name);
    this.count();
    return this.history;
  }

  /** Whether somebody may hear a change of this key. */
  wants(prefix: string, key: string): boolean {
    if (!this.isHeard) return false;
    if (this.#subscribers.size > 0 || this.history !== undefined) return true;
    const full = prefix + key;
    if (this.#byKey.has(full)) return true;
    for (const watcher of this.#broad) if (full.startsWith(watcher.prefix)) return true;
    return false;
  }

  /** Adds a listener of changes. */
  watch(scope: string, target: Target, hear: ChangeListener): Unsubscribe {
    if (!isOneKey(target)) {
      const watcher: BroadWatcher = { matches: everything, ...target, hear, ...this.#listener(scope) };
      this.#broad.add(watcher);
      this.count();
      return () => {
        watcher.isActive = false;
        this.#broad.delete(watcher);
        this.count();
      };
    }
    const { key } = target;
    const watcher: Watcher = { hear, ...this.#listener(scope) };
    const watchers = this.#byKey.get(key) ?? new Set();
    this.#byKey.set(key, watchers.add(watcher));
    this.count();
    return () => {
      watcher.isActive = false;
      if (watchers.delete(watcher) && watchers.size === 0) this.#byKey.delete(key);
      this.count();
    };
  }

  /** Adds a listener of commits. */
  subscribe(scope: string, hear: CommitListener): Unsubscribe {
    const subscriber: Subscriber = { hear, ...this.#listener(scope) };
    this.#subscribers.add(subscriber);
    this.count();
    return () => {
      subscriber.isActive = false;
      this.#subscribers.delete(subscriber);
      this.count();
    };
  }

  /** Keeps commits for those who read on from a cursor. */
  keep(commits: readonly RawCommit[]): void {
    if (this.history !== undefined) for (const commit of commits) this.history.append(commit);
  }

  /** Tells commits in their order, after those that are being told. */
  tell(commits: readonly RawCommit[]): void {
    this.#queue.push(...commits);
    this.#queued += commits.length;
    if (this.isTelling) return;
    this.isTelling = true;
    try {
      for (let commit = this.#queue.shift(); commit !== undefined; commit = this.#queue.shift()) this.#tellOne(commit);
    } finally {
      this.isTelling = false;
    }
  }

  /** Ends all listening; who waits is told why. */
  close(reason: HoldallError): void {
    for (const watcher of [...this.#broad, ...this.#subscribers, ...[...this.#byKey.values()].flatMap((watchers) => [...watchers])]) {
      watcher.isActive = false;
    }
    this.#broad.clear();
    this.#subscribers.clear();
    this.#byKey.clear();
    const { history } = this;
    this.history = undefined;
    this.count();
    for (const close of this.closing) close(reason);
    history?.close(reason);
  }

  #listener(scope: string): Listener {
    return { scope, since: this.#queued, isActive: true };
  }

  /** Counts who listens anew: listeners, or feeds that wait. */
  count(): void {
    this.#hasListeners = this.#subscribers.size > 0 || this.#byKey.size > 0 || this.#broad.size > 0;
    this.isHeard = this.#hasListeners || this.history !== undefined;
    this.hearsRemovals = this.isHeard || this.#onEvict !== undefined;
    this.#counted();
  }

  #tellOne(commit: RawCommit): void {
    this.#told += 1;
    if (!this.#hasListeners && this.#onEvict === undefined) return;
    const changes = changesIn(commit, wholeStore.bytes);
    // Who listens is settled when the telling begins; who has unsubscribed meanwhile is passed over.
    const now = <L extends Listener>(listeners: Iterable<L>) => [...listeners].filter(({ since }) => since < this.#told);
    const subscribers = now(this.#subscribers);
    const broad = now(this.#broad);
    const byKey = changes.map(({ key }) => now(this.#byKey.get(key) ?? []));
    changes.forEach((change, index) => {
      for (const watcher of byKey[index] as Watcher[]) this.#tellChange(watcher, change, commit);
      for (const watcher of broad) {
        if (change.key.startsWith(watcher.prefix) && this.#matches(watcher, change)) this.#tellChange(watcher, change, commit);
      }
      this.#tellEviction(change);
    });
    for (const subscriber of subscribers) {
      const heard = changes.filter((change) => change.key.startsWith(subscriber.scope));
      if (heard.length > 0 && subscriber.isActive) this.#try(() => subscriber.hear(commitFor(subscriber.scope, commit, heard)));
    }
  }

  #tellChange(watcher: Watcher, change: RawChange, commit: RawCommit): void {
    if (watcher.isActive) this.#try(() => watcher.hear(changeFor(watcher.scope, commit, change)));
  }

  #matches(watcher: BroadWatcher, change: RawChange): boolean {
    let matches = false;
    this.#try(() => {
      matches = watcher.isActive && watcher.matches(change);
    });
    return matches;
  }

  #tellEviction(change: RawChange): void {
    const reason: EvictReason | undefined = change.type === "expire" ? "expired" : change.type === "evict" ? "evicted" : undefined;
    const { previous } = change;
    if (reason !== undefined && previous !== undefined)
      this.#try(() => this.#onEvict?.(change.key, own(previous) as DeepReadonly<Value>, reason));
  }

  #try(run: () => unknown): void {
    try {
      const result = run();
      if (isPromise(result)) result.then(undefined, (error) => this.#report(error));
    } catch (error) {
      this.#report(error);
    }
  }

  #report(error: unknown): void {
    try {
      if (this.#onError === undefined) throw error;
      this.#onError(error);
    } catch (unheard) {
      // Nobody takes it: an unhandled error, as from any callback.
      queueMicrotask(() => {
        throw unheard;
      });
    }
  }
}
