/**
 * The writes that Pepr's controller has not shown to be in the cluster yet, and the care with which they are handed to it.
 *
 * The controller answers nothing. It gathers operations under `operation:path:value`, sends them as one JSON patch every 4 s, and calls
 * `receive` with the whole content once the cluster has been quiet for a second. So a content that holds a write is its answer, and these
 * rules keep the end right whatever the controller does in between:
 *
 * - One write, one operation: never a list of keys, which it would join into one malformed path.
 * - A write follows another of the same key at once only when no content could be mistaken for its answer, and when the controller cannot
 *   take it for one that it has: not back to the confirmed value, nor to one without an answer. Else it is held until the earlier one is
 *   answered. (Set 1, 2, 1 would end as 2 there, set-remove-set as removed.)
 * - A key is removed only when it is known to be there: the removal of a missing one makes the cluster refuse the whole patch.
 * - A write without an answer for `answerTime` may have been lost (the controller forgets what arrives while a patch is in flight) or
 *   refused with others in its patch. But it may also still arrive, so it is not forgotten: the last write of the key that was handed over
 *   is handed over again; of such keys first one at a time, then one more for each that is answered, the least tried first. So a write that
 *   the cluster refuses delays others, but takes none with it. New writes do not wait for this. A removal is repeated that soon only when a
 *   content has come that still has the key, else after `removalAnswerTime`: if it has been done after all, its repetition is refused.
 * - A write handed over `maxAttempts` times, with a content since the last time that still lacks it, counts as refused. While no content
 *   comes at all (no connection) it is kept and tried on, for the outcome is unknown.
 *
 * Handing a write over again can repeat it after somebody else has changed the key: then the last one wins, as ever in Pepr.
 *
 * @module
 */

import { letExit } from "../clock.js";
import type { Clock, Milliseconds, Timestamp } from "../store/types/index.js";
import { callSafely, type Report } from "./callbacks.js";
import type { PeprSender } from "./types.js";
import type { Wait } from "./wait.js";
import { toWire } from "./wire.js";

/** How long an answer takes at most when all goes well: 4 s until the patch, its flight, and a quiet second. */
export const answerTime: Milliseconds = 6_000;

/** How long a removal is left alone while no content tells whether it was done. */
const removalAnswerTime: Milliseconds = 5 * answerTime;

/** How often a write is handed over before it counts as refused. */
export const maxAttempts = 10;

/** How many keys are on their way at once: the cluster refuses a patch of more than 10,000 operations. */
const mostOnTheirWay = 1_000;

/** How many writes of one key are on their way at once. */
const mostHandedPerKey = 8;

/** A write that the controller was given and has not answered. `null` removes. */
interface Handed {
  readonly value: string | null;
  readonly sequence: number;
}

/** Somebody who waits for a write, or a later one of the same key, to be answered. */
interface Waiting {
  readonly sequence: number;
  readonly wait: Wait;
}

/**
 * Where a key stands: `idle` when nothing of it is without an answer, `sent` when it is on its way, `resent` for the second time or more,
 * `lost` when it shall be.
 */
type Stage = "idle" | "sent" | "resent" | "lost";

/** One key with writes that are not answered. */
interface Pending {
  readonly key: string;
  /** What the key shall hold in the end; `null` when it shall be gone. */
  desired: string | null;
  /** The number of the write that wanted it. */
  sequence: number;
  stage: Stage;
  /** What may still arrive in the cluster, oldest first. */
  handed: Handed[];
  /** When the last of them was handed over, and how often. */
  handedAt: Timestamp;
  attempts: number;
  readonly waiting: Set<Waiting>;
}

/** What an outbox needs of the store that it serves. */
export interface OutboxHost {
  /** Times the answers. */
  readonly clock: Clock;
  /** Hears what a sender throws or rejects with. */
  readonly report: Report;
  /** A write was given up: the key falls back to what the cluster holds. */
  refused(key: string, confirmed: string | undefined, waits: readonly Wait[]): void;
}

/** Takes back a staged write that the store itself then refused. */
export type Unstage = () => void;

/** The outbox of one namespace. */
export class Outbox {
  readonly #host: OutboxHost;
  readonly #pending = new Map<string, Pending>();
  #send: PeprSender | undefined;
  #confirmed: ReadonlyMap<string, string> | undefined;
  #receivedAt: Timestamp = Number.NEGATIVE_INFINITY;
  #sequence = 0;
  readonly #count: Record<Stage, number> = { idle: 0, sent: 0, resent: 0, lost: 0 };
  /** How many keys may be on their way for the second time or more. */
  #mostResent = 1;
  #timer: unknown;
  #clearsAtLoad = false;
  #stopped = false;

  constructor(host: OutboxHost) {
    this.#host = host;
  }

  /** How many keys have writes without an answer. */
  get size(): number {
    return this.#pending.size;
  }

  /** Hands everything to this sender from now on, what is on its way included. */
  register(send: PeprSender): void {
    this.#send = send;
    for (const entry of this.#pending.values()) {
      if (entry.handed.length > 0) this.#move(entry, "lost");
      entry.attempts = 0;
    }
    this.pump();
  }

  /** Notes what a key shall hold; {@link Outbox.pump} hands it over. */
  stage(key: string, desired: string | null): Unstage {
    const known = this.#pending.get(key);
    const entry = known ?? this.#add(key);
    const { desired: previous, sequence } = entry;
    this.#sequence += 1;
    Object.assign(entry, { desired, sequence: this.#sequence });
    return () => {
      if (known === undefined) this.#remove(entry);
      else Object.assign(entry, { desired: previous, sequence });
    };
  }

  /** Removes every key: those given, those on their way, and, before the first content, those that it will show. */
  stageClear(keys: Iterable<string>): void {
    this.#clearsAtLoad = this.#confirmed === undefined;
    for (const key of new Set([...keys, ...this.#pending.keys()])) this.stage(key, null);
  }

  /**
   * Ends the wait when the last write of a key so far is answered: at once when it changes nothing. Gives the way to forget a wait that
   * has ended.
   */
  answerTo(key: string, wait: Wait): () => void {
    const entry = this.#pending.get(key);
    if (entry === undefined || this.#changesNothing(entry)) {
      wait.resolve();
      return () => {};
    }
    const waiting = { sequence: entry.sequence, wait };
    entry.waiting.add(waiting);
    return () => entry.waiting.delete(waiting);
  }

  /** The keys with writes without an answer. */
  keys(): string[] {
    return [...this.#pending.keys()];
  }

  /** Takes the cluster's content as the answer to what it shows; hands nothing over. */
  accept(content: ReadonlyMap<string, string>): void {
    if (this.#clearsAtLoad) {
      for (const key of content.keys()) if (!this.#pending.has(key)) this.stage(key, null);
    }
    this.#clearsAtLoad = false;
    this.#confirmed = content;
    this.#receivedAt = this.#host.clock.now();
    for (const entry of this.#pending.values()) this.#answer(entry, content.get(entry.key) ?? null);
  }

  /** The content as it shall be: the cluster's, with the writes that it lacks. */
  overlay(content: ReadonlyMap<string, string>): Map<string, string> {
    const wanted = new Map(content);
    for (const { key, desired } of this.#pending.values()) {
      if (desired === null) wanted.delete(key);
      else wanted.set(key, desired);
    }
    return wanted;
  }

  /** Hands over what may be: of one key, or of all, the least tried first. */
  pump(key?: string): void {
    if (key === undefined) {
      for (const entry of [...this.#pending.values()].sort((a, b) => a.attempts - b.attempts)) this.#pump(entry);
    } else {
      const entry = this.#pending.get(key);
      if (entry !== undefined) this.#pump(entry);
    }
    this.#schedule();
  }

  /** Ends: hands nothing over any more, and rejects who still waits. */
  stop(error: unknown): void {
    this.#stopped = true;
    this.#host.clock.clearTimer(this.#timer);
    for (const { waiting } of this.#pending.values()) for (const { wait } of [...waiting]) wait.reject(error);
    this.#pending.clear();
  }

  #isConfirmed(key: string, value: string | null): boolean {
    return (this.#confirmed?.get(key) ?? null) === value;
  }

  #changesNothing({ key, desired, handed }: Pending): boolean {
    return this.#confirmed !== undefined && this.#isConfirmed(key, desired) && handed.every(({ value }) => value === desired);
  }

  #add(key: string): Pending {
    const entry: Pending = { key, desired: null, sequence: 0, stage: "idle", handed: [], handedAt: 0, attempts: 0, waiting: new Set() };
    this.#pending.set(key, entry);
    this.#count.idle += 1;
    return entry;
  }

  #remove(entry: Pending): void {
    this.#count[entry.stage] -= 1;
    this.#pending.delete(entry.key);
  }

  #move(entry: Pending, stage: Stage): void {
    this.#count[entry.stage] -= 1;
    this.#count[stage] += 1;
    entry.stage = stage;
  }

  #answer(entry: Pending, shown: string | null): void {
    const index = entry.handed.map(({ value }) => value).lastIndexOf(shown);
    const answered = entry.handed[index];
    if (answered !== undefined) {
      entry.handed = entry.handed.slice(index + 1);
      if (entry.stage === "resent") this.#mostResent = Math.min(this.#mostResent + 1, mostOnTheirWay);
      if (entry.handed.length === 0) this.#move(entry, "idle");
      this.#resolve(entry, answered.sequence);
    }
    if (entry.handed.length === 0 && entry.desired === shown) this.#settle(entry);
  }

  #settle(entry: Pending): void {
    this.#remove(entry);
    this.#resolve(entry, entry.sequence);
  }

  #resolve(entry: Pending, upTo: number): void {
    for (const { sequence, wait } of [...entry.waiting]) if (sequence <= upTo) wait.resolve();
  }

  #pump(entry: Pending): void {
    // A sender may have answered meanwhile.
    if (this.#stopped || this.#pending.get(entry.key) !== entry) return;
    const { key, desired, stage } = entry;
    if (stage === "idle" && desired === null) {
      if (this.#confirmed === undefined) return;
      if (this.#isConfirmed(key, null)) {
        this.#settle(entry);
        return;
      }
    }
    if (this.#send === undefined || this.#count.sent + this.#count.resent >= mostOnTheirWay) return;
    if (stage === "idle" || this.#mayFollow(entry)) this.#hand(entry);
    else if (stage === "lost" && (entry.attempts === 0 || this.#count.resent < this.#mostResent)) this.#handAgain(entry);
  }

  #mayFollow({ key, desired, handed }: Pending): boolean {
    if (this.#confirmed === undefined || handed.length >= mostHandedPerKey) return false;
    return !this.#isConfirmed(key, desired) && handed.every(({ value }) => value !== desired);
  }

  #hand(entry: Pending): void {
    const { desired, sequence } = entry;
    entry.handed.push({ value: desired, sequence });
    entry.attempts = 0;
    this.#give(entry, desired, "sent");
  }

  #handAgain(entry: Pending): void {
    const last = entry.handed.at(-1);
    if (last !== undefined) this.#give(entry, last.value, entry.attempts === 0 ? "sent" : "resent");
  }

  #give(entry: Pending, value: string | null, stage: Stage): void {
    const keys = [toWire(entry.key)];
    this.#move(entry, stage);
    entry.attempts += 1;
    entry.handedAt = this.#host.clock.now();
    const send = this.#send;
    void callSafely(() => (value === null ? send?.("remove", keys) : send?.("add", keys, value)), this.#host.report);
  }

  #schedule(): void {
    if (this.#stopped || this.#timer !== undefined || this.#count.sent + this.#count.resent === 0) return;
    const { clock } = this.#host;
    const first = Math.min(...this.#onTheirWay().map((entry) => this.#lostAt(entry)));
    this.#timer = clock.setTimer(() => this.#tick(), Math.min(Math.max(1, first - clock.now()), answerTime));
    letExit(this.#timer);
  }

  #onTheirWay(): Pending[] {
    return [...this.#pending.values()].filter(({ stage }) => stage === "sent" || stage === "resent");
  }

  #lostAt({ handed, handedAt }: Pending): Timestamp {
    const isBlindRemoval = handed.at(-1)?.value === null && this.#receivedAt <= handedAt;
    return handedAt + (isBlindRemoval ? removalAnswerTime : answerTime);
  }

  #tick(): void {
    this.#timer = undefined;
    const now = this.#host.clock.now();
    for (const entry of this.#onTheirWay()) {
      if (this.#lostAt(entry) > now) continue;
      this.#mostResent = 1;
      this.#move(entry, "lost");
      if (entry.attempts >= maxAttempts && this.#receivedAt > entry.handedAt) this.#giveUp(entry);
    }
    this.pump();
  }

  #giveUp(entry: Pending): void {
    const isSuperseded = entry.handed.at(-1)?.value !== entry.desired;
    entry.handed = [];
    this.#move(entry, "idle");
    if (this.#isConfirmed(entry.key, entry.desired)) this.#settle(entry);
    else if (!isSuperseded) {
      this.#remove(entry);
      this.#host.refused(
        entry.key,
        this.#confirmed?.get(entry.key),
        [...entry.waiting].map(({ wait }) => wait),
      );
    }
  }
}
