/**
 * The core of a store: what all its views share, and the one way of every call into the engine.
 *
 * Every mutation goes call → drain → dispatch: the engine commits, the core drains what it has to tell (rows that were touched, changes
 * that somebody hears), drops memo cells, and then dispatches to listeners. Nothing of a listener runs while the engine does.
 *
 * @module
 */

import { failed, missing, type RawStore, rethrowFrom } from "../engine.js";
import { Alarm } from "./alarm.js";
import { ttlNever } from "./arguments.js";
import { Calls } from "./calls.js";
import { systemClock } from "./clock.js";
import type { Prefix } from "./exchange.js";
import { closed, outOfMemory } from "./faults.js";
import type { History } from "./history.js";
import { Hub } from "./hub.js";
import { type Cell, isGood, Memo } from "./memo.js";
import type { CoreParts, Layer } from "./parts.js";
import { RecordReader } from "./records.js";
import type { Written } from "./steps.js";
import type { Bounds, Clock, Milliseconds, StoreOptions, Timestamp, Value } from "./types/index.js";
import { estimateBytes, isMemoizable } from "./values/encoding.js";

/** Uses of memo cells that are told to the engine in one call. */
const mostUses = 1024;

const never = Number.POSITIVE_INFINITY;

/** When what could not expire for want of memory is tried again. */
const secondTry: Milliseconds = 1_000;

/** What all views of a store share. */
export class Core extends Calls {
  readonly hub: Hub;
  readonly memo: Memo;
  /** What wraps calls, outermost first; `undefined` while nothing does, so that a test of this field is all that middleware costs. */
  wrapping: readonly Layer[] | undefined = undefined;
  /** Of a transaction where something is wrapped: what it was told to write, in that order. */
  written: Written[] | undefined = undefined;
  /** Of a transaction: keys that it was told to delete, or all keys of a view. */
  deleted: (readonly [view: Prefix, key: string | undefined])[] | undefined = undefined;
  /** Of a replica: is called when there may be something to send. */
  wake: (() => void) | undefined = undefined;
  hits = 0;
  misses = 0;
  readonly onError: StoreOptions["onError"];
  readonly #clock: Clock;
  /** None in a core that serves one call, or one transaction. */
  readonly #alarm: Alarm | undefined;
  readonly #hasDefaultTtl: boolean;
  /** Rows whose use the engine has not been told; none where nothing is evicted. */
  #uses: Uint32Array | undefined;
  #useCount = 0;
  #now: Timestamp = 0;
  /** A time before which nothing expires. */
  #nextDeadline = never;
  /** The time of this turn of the event loop, for `beginTimeless`; 0 while it is not known, or something has a deadline. */
  #turnTime: Timestamp = 0;
  readonly #endTurn = () => {
    this.#turnTime = 0;
  };
  /** What the engine has been told to note: 1 for commits, 2 for what expires or is evicted, added up. */
  #observed = 0;
  /** Commits that let something expire. */
  #expiries = 0;
  #isDisposed = false;

  constructor(parts: CoreParts, options: Pick<StoreOptions, "onError" | "onEvict" | "history">) {
    super(parts);
    this.hub = new Hub(options, () => this.#alarm?.hold());
    this.memo = new Memo(parts.memoBytes);
    this.#now = parts.since;
    this.onError = options.onError;
    this.#clock = parts.clock;
    this.#alarm = parts.isAside ? undefined : new Alarm(parts.clock, this);
    this.#hasDefaultTtl = parts.hasDefaultTtl;
    if (parts.isBounded) this.countUses();
    this.observe(false);
    this.#expect(this.raw.nextDeadline());
  }

  /** The time, which never goes back. */
  now(): Timestamp {
    const now = this.#clock.now();
    if (now > this.#now) this.#now = Math.floor(now);
    return this.#now;
  }

  /** The time, after what is due at it has expired. Begins every call but a hot read. */
  begin(): Timestamp {
    this.#checkOpen();
    this.checkEngine();
    const now = this.now();
    if (now >= this.#nextDeadline) {
      this.#expire(now);
      // Who heard of it may have disposed of the store.
      this.#checkOpen();
    }
    return now;
  }

  /**
   * As `begin`, for a write that sets no deadline: where nothing has one, it needs the time only to note it in the entry. That time is the
   * one of the turn of the event loop, as in Redis, since reading the clock costs as much as the rest of the call in JavaScript.
   */
  beginTimeless(): Timestamp {
    if (this.#turnTime !== 0 && this.engine.failure === undefined) return this.#turnTime;
    const now = this.begin();
    // A clock that was given may be set by hand, and is read each time; so it is where something has a deadline.
    if (this.#clock === systemClock && !this.#hasDefaultTtl && this.#nextDeadline === never) {
      this.#turnTime = now;
      queueMicrotask(this.#endTurn);
    }
    return now;
  }

  /** Bounds what has a prefix, and tells what made room for it. */
  bind(prefix: Prefix, { maxEntries, maxBytes }: Bounds): void {
    const now = this.begin();
    this.tellUses();
    const to = this.exchange.writeKey(prefix, "");
    this.observe(false);
    this.check(
      this.run(() => this.raw.bind(this.exchange.keyFrom(prefix), to, maxEntries, maxBytes, now)),
      prefix,
    );
    this.countUses();
    this.#drain();
  }

  /** Remembers uses from now on, where bounds evict. */
  countUses(): void {
    if (this.parts.evicts) this.#uses ??= new Uint32Array(mostUses);
  }

  /** Whether uses are remembered. */
  get countsUses(): boolean {
    return this.#uses !== undefined;
  }

  /** Counts a use of a row that the memo answered. */
  use(row: number): void {
    this.checkEngine();
    this.hits += 1;
    if (this.#uses === undefined) return;
    this.#uses[this.#useCount] = row;
    this.#useCount += 1;
    if (this.#useCount === mostUses) this.tellUses();
  }

  /** Tells the engine the uses that it has not seen, before anything that depends on their order. */
  tellUses(): void {
    if (this.#useCount === 0 || this.#uses === undefined) return;
    this.exchange.writeRows(this.#uses.subarray(0, this.#useCount));
    const count = this.#useCount;
    this.#useCount = 0;
    this.run(() => this.raw.touchRows(count));
  }

  /** Reads a value past the memo; keeps it there where it can be. */
  read(prefix: Prefix, key: string, counts: boolean, keep: (key: string, cell: Cell) => void): Value | undefined {
    const now = this.begin();
    this.tellUses();
    const row = this.#find(prefix, key, now, counts);
    if (row < 0) {
      if (counts) this.misses += 1;
      return undefined;
    }
    if (counts) this.hits += 1;
    const shared = this.memo.cellOf(row);
    if (shared !== undefined && isGood(shared, now)) {
      keep(key, shared);
      return shared.value;
    }
    const { encoding, deadline, length } = this.exchange;
    const value = this.exchange.readValue("frozen");
    const cell = isMemoizable(encoding) ? this.memo.admit(row, value, estimateBytes(encoding, length), deadline) : undefined;
    if (cell !== undefined) keep(key, cell);
    return value;
  }

  /** Finds a value, and leaves it in the exchange; the row, or less than zero. `now` where `begin` has been called. */
  find(prefix: Prefix, key: string, now = this.begin()): number {
    return this.#find(prefix, key, now, false);
  }

  /** Whether a key that is missing is known to have expired. */
  hasExpired(prefix: Prefix, key: string): boolean {
    const now = this.now();
    const to = this.exchange.writeKey(prefix, key);
    return this.run(() => this.raw.hasExpired(this.exchange.keyFrom(prefix), to, now));
  }

  /** Sets a value that stands in the exchange, written there after `tellUses`, which needs the same place: the hot path of writing. */
  set(prefix: Prefix, key: string, encoding: number, length: number, ttl: number, now: Timestamp): void {
    const { exchange } = this;
    const to = exchange.writeKey(prefix, key);
    this.observe(this.hub.wants(prefix.text, key));
    let answer: number;
    try {
      answer = this.raw.set(exchange.keyFrom(prefix), to, length, encoding, ttl, now);
    } catch (error) {
      rethrowFrom(this.engine, error);
    }
    if (answer === failed) this.refuse(prefix, key);
    if (answer >= 0) this.memo.drop(answer);
    try {
      // Before anybody hears of it, who may dispose of the store.
      if (ttl > 0) this.#expect(now + ttl);
      else if (ttl !== ttlNever && this.#hasDefaultTtl) this.#expect(this.raw.nextDeadline());
    } finally {
      this.wake?.();
      if (answer < 0) this.#drain();
    }
  }

  /** Deletes a key; whether it was there. */
  delete(prefix: Prefix, key: string): boolean {
    const now = this.begin();
    const to = this.exchange.writeKey(prefix, key);
    this.observe(this.hub.wants(prefix.text, key));
    const answer = this.run(() => this.raw.remove(this.exchange.keyFrom(prefix), to, now));
    if (answer === failed) this.refuse(prefix, key);
    this.wake?.();
    if (answer >= 0) this.memo.drop(answer);
    else if (answer !== missing) this.#drain();
    return answer !== missing;
  }

  /** Commits what `stage` hands to the engine; returns how many entries it found. What throws on the way leaves nothing behind. */
  commit(prefix: Prefix, stage: () => void, key?: string): number {
    return this.change(
      prefix,
      (now) => {
        stage();
        return this.run(() => this.raw.commit(now));
      },
      key,
    );
  }

  /** Makes a call that may change many entries, after staging what belongs to it; returns what it answers. */
  change(prefix: Prefix, call: (now: Timestamp) => number, key?: string): number {
    const now = this.begin();
    this.tellUses();
    this.observe(this.hub.isHeard);
    let answer: number;
    try {
      answer = call(now);
    } catch (error) {
      if (this.engine.failure === undefined) this.raw.unstage();
      throw error;
    }
    if (answer === failed) this.refuse(prefix, key);
    this.wake?.();
    try {
      this.#expect(this.raw.nextDeadline());
    } finally {
      this.#drain();
    }
    return answer;
  }

  /** Tells the engine how much to note: of the commits from now on, and of what expires or is evicted. */
  observe(commits: boolean): void {
    const wanted = (commits ? 1 : 0) + (this.hub.hearsRemovals ? 2 : 0);
    if (wanted === this.#observed) return;
    this.#observed = wanted;
    this.raw.observe(commits, wanted > 1);
  }

  /** How many commits there were that did not merely let something expire. */
  get writes(): number {
    return this.raw.version() - this.#expiries;
  }

  /** Looks for deadlines anew, after entries came by another way than a call. */
  expectDeadlines(): void {
    this.#expect(this.raw.nextDeadline());
  }

  /** The number of the last commit; of a replica, of the last one of the backend that is applied. */
  get version(): number {
    return this.parts.isReplica ? (this.raw.replicaState()[0] as number) : this.raw.version();
  }

  /** The history, which begins now where there was none. */
  record(): History {
    if (this.parts.isReplica) this.raw.record();
    return this.hub.record(this.version);
  }

  /** Whether somebody hears what expires. */
  get isAwaited(): boolean {
    return this.hub.isAwaited;
  }

  /** Lets expire what is due, and sets the alarm for what is next. */
  ring(): void {
    if (this.#isDisposed || this.engine.failure !== undefined) return;
    const now = this.now();
    if (now < this.#nextDeadline) this.#alarm?.set(this.#nextDeadline);
    else if (!this.#lapse(now)) this.#alarm?.set(now + secondTry);
  }

  /** Frees the store. */
  dispose(): void {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    this.#turnTime = 0;
    this.wrapping = undefined;
    this.hub.close(closed());
    this.memo.clear();
    this.#alarm?.set(never);
    this.raw.free();
  }

  /** Gives the engine's side of the store away; the core is as disposed of. */
  release(): RawStore {
    this.#checkOpen();
    this.#isDisposed = true;
    this.#turnTime = 0;
    return this.raw;
  }

  #checkOpen(): void {
    if (this.#isDisposed) throw closed(this.deleted !== undefined);
  }

  #find(prefix: Prefix, key: string, now: Timestamp, counts: boolean): number {
    const to = this.exchange.writeKey(prefix, key);
    const from = this.exchange.keyFrom(prefix);
    let row: number;
    try {
      row = counts ? this.raw.get(from, to, now) : this.raw.peek(from, to, now);
    } catch (error) {
      return rethrowFrom(this.engine, error);
    }
    if (row === failed) this.refuse(prefix, key);
    return row;
  }

  /** Takes what the engine has to tell, drops memo cells, and tells those who listen. */
  #drain(): void {
    const { exchange, memo } = this;
    const hasMore = this.run(() => this.raw.drain());
    if (!hasMore) {
      const count = exchange.length;
      for (let index = 0; index < count; index++) memo.drop(exchange.readRow(index));
      return;
    }
    const { cleared, rows, commits, confirmed } = new RecordReader(this.exchange.readBytes()).outbox();
    if (cleared) this.memo.clear();
    for (const row of rows) this.memo.drop(row);
    this.hub.keep(this.parts.isReplica ? confirmed : commits);
    if (commits.length > 0) this.hub.tell(commits);
  }

  #expire(now: Timestamp): void {
    if (!this.#lapse(now)) throw outOfMemory();
  }

  /** Lets expire what is due; `false` where there is no memory for that. */
  #lapse(now: Timestamp): boolean {
    this.observe(this.#observed % 2 === 1);
    const answer = this.run(() => this.raw.advance(now));
    if (answer === failed) return false;
    this.#nextDeadline = this.raw.nextDeadline();
    this.#alarm?.set(this.#nextDeadline);
    if (answer !== missing) {
      this.#expiries += 1;
      this.wake?.();
      this.#drain();
    }
    return true;
  }

  /** Something expires at a deadline, or earlier. */
  #expect(deadline: Timestamp): void {
    if (deadline >= this.#nextDeadline) return;
    this.#turnTime = 0;
    this.#nextDeadline = deadline;
    this.#alarm?.set(deadline);
  }
}
