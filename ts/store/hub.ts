/**
 * Who listens to a store, and the queue of commits that they are told.
 *
 * Listeners run after the commit, outside the engine; commits that they make themselves queue behind the one being told. A listener that
 * throws stops no other. Listeners of single keys are found by key, so they cost nothing to writes of others.
 *
 * @module
 */

import type { RawChange, RawCommit } from "./records.js";
import type {
  Change,
  ChangeListener,
  Commit,
  CommitListener,
  DeepReadonly,
  EvictReason,
  StoreOptions,
  Unsubscribe,
  Value,
} from "./types/index.js";

/** Which changes of the whole store a listener hears, by full key. */
export type Target =
  | { readonly key: string }
  | { readonly prefix: string }
  | { readonly prefix: string; readonly matches: (change: RawChange) => boolean };

interface Watcher {
  readonly hear: ChangeListener;
  /** The prefix of the view that it was made on. */
  readonly scope: string;
  isActive: boolean;
}

interface BroadWatcher extends Watcher {
  readonly prefix: string;
  readonly matches: (change: RawChange) => boolean;
}

interface Subscriber {
  readonly hear: CommitListener;
  readonly scope: string;
  isActive: boolean;
}

const everything = () => true;

/** The listeners of one store. */
export class Hub {
  readonly #onError: ((error: unknown) => void) | undefined;
  readonly #onEvict: StoreOptions["onEvict"];
  readonly #byKey = new Map<string, Set<Watcher>>();
  readonly #broad = new Set<BroadWatcher>();
  readonly #subscribers = new Set<Subscriber>();
  readonly #queue: RawCommit[] = [];
  /** Whether anybody listens. Kept as a field, since every write asks. */
  isHeard = false;
  /** Whether anybody hears what expires or is evicted. */
  hearsRemovals: boolean;
  #isTelling = false;

  constructor(options: Pick<StoreOptions, "onError" | "onEvict">) {
    this.#onError = options.onError;
    this.#onEvict = options.onEvict;
    this.hearsRemovals = this.#onEvict !== undefined;
  }

  /** Whether somebody may hear a change of this key. */
  wants(prefix: string, key: string): boolean {
    if (!this.isHeard) return false;
    if (this.#subscribers.size > 0) return true;
    const full = prefix + key;
    if (this.#byKey.has(full)) return true;
    for (const watcher of this.#broad) if (full.startsWith(watcher.prefix)) return true;
    return false;
  }

  /** Adds a listener of changes. */
  watch(scope: string, target: Target, hear: ChangeListener): Unsubscribe {
    if (!("key" in target)) {
      const watcher: BroadWatcher = { matches: everything, ...target, hear, scope, isActive: true };
      this.#broad.add(watcher);
      this.#count();
      return () => {
        watcher.isActive = false;
        this.#broad.delete(watcher);
        this.#count();
      };
    }
    const { key } = target;
    const watcher: Watcher = { hear, scope, isActive: true };
    const watchers = this.#byKey.get(key) ?? new Set();
    this.#byKey.set(key, watchers.add(watcher));
    this.#count();
    return () => {
      watcher.isActive = false;
      if (watchers.delete(watcher) && watchers.size === 0) this.#byKey.delete(key);
      this.#count();
    };
  }

  /** Adds a listener of commits. */
  subscribe(scope: string, hear: CommitListener): Unsubscribe {
    const subscriber: Subscriber = { hear, scope, isActive: true };
    this.#subscribers.add(subscriber);
    this.#count();
    return () => {
      subscriber.isActive = false;
      this.#subscribers.delete(subscriber);
      this.#count();
    };
  }

  /** Tells commits in their order, after those that are being told. */
  tell(commits: readonly RawCommit[]): void {
    this.#queue.push(...commits);
    if (this.#isTelling) return;
    this.#isTelling = true;
    try {
      for (let commit = this.#queue.shift(); commit !== undefined; commit = this.#queue.shift()) this.#tellOne(commit);
    } finally {
      this.#isTelling = false;
    }
  }

  /** Ends all listening. */
  close(): void {
    for (const watcher of [...this.#broad, ...this.#subscribers, ...[...this.#byKey.values()].flatMap((watchers) => [...watchers])]) {
      watcher.isActive = false;
    }
    this.#broad.clear();
    this.#subscribers.clear();
    this.#byKey.clear();
    this.#count();
  }

  #count(): void {
    this.isHeard = this.#subscribers.size > 0 || this.#byKey.size > 0 || this.#broad.size > 0;
    this.hearsRemovals = this.isHeard || this.#onEvict !== undefined;
  }

  #tellOne(commit: RawCommit): void {
    // Who listens is settled when the telling begins; who has unsubscribed meanwhile is passed over.
    const subscribers = [...this.#subscribers];
    const broad = [...this.#broad];
    const byKey = commit.changes.map((change) => [...(this.#byKey.get(change.key) ?? [])]);
    commit.changes.forEach((change, index) => {
      for (const watcher of byKey[index] as Watcher[]) this.#tellChange(watcher, change, commit.version);
      for (const watcher of broad) {
        if (change.key.startsWith(watcher.prefix) && this.#matches(watcher, change)) this.#tellChange(watcher, change, commit.version);
      }
      this.#tellEviction(change);
    });
    for (const subscriber of subscribers) {
      const changes = commit.changes.filter((change) => change.key.startsWith(subscriber.scope));
      if (changes.length > 0 && subscriber.isActive) this.#try(() => subscriber.hear(commitFor(subscriber.scope, commit.version, changes)));
    }
  }

  #tellChange(watcher: Watcher, change: RawChange, version: number): void {
    if (watcher.isActive) this.#try(() => watcher.hear(changeFor(watcher.scope, version, change)));
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

  #try(run: () => void): void {
    try {
      run();
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

function changeFor(scope: string, version: number, { type, key, value, previous }: RawChange): Change {
  return { type, key: key.slice(scope.length), value: own(value), previous: own(previous), version, origin: "local" };
}

/** What one listener may keep: what cannot be frozen (it holds a `Date` or bytes) is a copy of its own. */
export function own(value: Value | undefined): DeepReadonly<Value> | undefined {
  return Object.isFrozen(value) ? value : structuredClone(value);
}

function commitFor(scope: string, version: number, changes: readonly RawChange[]): Commit {
  return { version, origin: "local", changes: changes.map((change) => changeFor(scope, version, change)) };
}
