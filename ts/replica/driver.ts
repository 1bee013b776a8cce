/**
 * The driver of a replica: carries batches to the backend and its news back, with patience.
 *
 * What is decided is decided in the engine (`src/replica`); here are timers, tries and status. One commit is out at a time. A failure that may pass is
 * tried again, with growing pauses that differ by chance, as often as it takes; a commit that is sent again has the same counter, so it happens once.
 *
 * @module
 */

import type { BackendStore, CommitAnswer, Head } from "../backends/backend.js";
import { HoldallError } from "../errors.js";
import type { Core } from "../store/core.js";
import { wholeStore } from "../store/exchange.js";
import type { Clock, Milliseconds, Timestamp } from "../store/types/index.js";
import type { LocalTime } from "./local-time.js";
import { News, type Newsroom } from "./news.js";
import { type Conflict, type Outcome, Outcomes } from "./outcomes.js";
import { Request } from "./request.js";
import type { StoreStatus } from "./types.js";

const firstPause: Milliseconds = 20;
const longestPause: Milliseconds = 5_000;
const outcomeKinds = ["committed", "conflict", "refused", "unknown"] as const;
/** Numbers of an outcome in the engine's record. */
const outcomeNumbers = 4;

/** What a driver is made of. */
export interface DriverParts {
  readonly core: Core;
  readonly store: BackendStore;
  readonly durability: StoreStatus["durability"];
  /** Names the replica at the backend. */
  readonly replica: string;
  /** The backend's prefix of what is held. */
  readonly scope: string;
  readonly time: LocalTime;
  readonly clock: Clock;
  readonly maxBacklogBytes: number;
}

/** Drives one replica. */
export class Driver {
  readonly #parts: DriverParts;
  readonly #core: Core;
  readonly #store: BackendStore;
  readonly #outcomes = new Outcomes();
  /** Why commits were refused, by their counters, until that is told. */
  readonly #reasons = new Map<number, unknown>();
  /** Who waits for a number to be applied, and who for the backlog to shrink. */
  #appliedWaiters: { readonly number: number; readonly resolve: () => void; readonly reject: (reason: unknown) => void }[] = [];
  #writableWaiters: { readonly resolve: () => void; readonly reject: (reason: unknown) => void }[] = [];
  readonly #news: News;
  /** Ends pauses early. */
  readonly #pauses = new Set<() => void>();
  #alarm: unknown;
  #isPumping = false;
  #isPlanned = false;
  #end: HoldallError | undefined;
  #closing: Promise<void> | undefined;
  #isTroubled = false;
  #retries = 0;
  #conflicts = 0;
  #lastError: unknown;
  /** The last number of the backend that was heard of. */
  #known = 0;

  constructor(parts: DriverParts) {
    this.#parts = parts;
    this.#core = parts.core;
    this.#store = parts.store;
    this.#news = new News(this.#newsroom());
    parts.core.wake = () => this.#plan();
  }

  /** Begins to follow, from what was loaded on. */
  start(): void {
    this.#news.follow();
    this.#plan();
  }

  /** How it is doing. */
  get status(): StoreStatus {
    const [applied, backlog] = this.#state();
    return {
      state: this.#end !== undefined ? "closed" : this.#isTroubled ? "degraded" : "ready",
      durability: this.#parts.durability,
      isWritable: this.#store.isWritable,
      ...(this.#store.persisted !== undefined && { persisted: this.#store.persisted }),
      backlog,
      lag: Math.max(0, this.#known - applied),
      cursor: this.#core.hub.cursorAt(applied),
      retries: this.#retries,
      conflicts: this.#conflicts,
      lastError: this.#lastError,
    };
  }

  /** The counter of the last commit that was made here. */
  get counter(): number {
    return this.#state()[2];
  }

  /** What the backend decides of a commit. */
  outcome(counter: number): Promise<number | Conflict> {
    return this.#end === undefined ? this.#outcomes.wait(counter) : Promise.reject(this.#end);
  }

  /** Resolves when the commit that was made last is durable; rejects when it was refused. */
  async acknowledged(): Promise<void> {
    const { counter } = this;
    if (this.#end !== undefined || !this.#outcomes.isDecided(counter)) await this.outcome(counter);
  }

  /** Resolves when a number is applied here. */
  applied(number: number): Promise<void> {
    if (this.#end !== undefined) return Promise.reject(this.#end);
    if (this.#state()[0] >= number) return Promise.resolve();
    this.#news.nudge();
    return new Promise((resolve, reject) => this.#appliedWaiters.push({ number, resolve, reject }));
  }

  /** Resolves after a pause that grows with the tries, and differs by chance. */
  pause(tries: number): Promise<void> {
    const span = Math.min(firstPause * 2 ** tries, longestPause) * (0.5 + Math.random() / 2);
    return new Promise((resolve) => {
      const end = () => {
        clearTimeout(timer);
        this.#pauses.delete(end);
        resolve();
      };
      // It may keep a process alive: there is something that is not safe yet.
      const timer = setTimeout(end, span);
      this.#pauses.add(end);
    });
  }

  /** Counts a conflict. */
  noteConflict(): void {
    this.#conflicts += 1;
  }

  /** See `BackedStore.flush`. */
  flush(): Promise<void> {
    if (this.#end !== undefined) return Promise.reject(this.#end);
    return this.#outcomes.flush(this.counter);
  }

  /** See `BackedStore.sync`; `number` is of the cursor that was given. */
  async sync(number?: number): Promise<void> {
    if (this.#end !== undefined) throw this.#end;
    const target = number ?? (await this.#askHead()).number;
    this.#known = Math.max(this.#known, target);
    await this.applied(target);
  }

  /** See `BackedStore.writable`. */
  writable(): Promise<void> {
    if (this.#end !== undefined) return Promise.reject(this.#end);
    if (this.#hasRoom()) return Promise.resolve();
    return new Promise((resolve, reject) => this.#writableWaiters.push({ resolve, reject }));
  }

  /** See `BackedStore.upgradeStore`. */
  async upgrade(): Promise<void> {
    if (this.#end !== undefined) throw this.#end;
    await this.#store.upgrade();
  }

  /** See `BackedStore.close`. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    try {
      if (this.#core.engine.failure === undefined) await this.flush();
    } finally {
      this.#stop(new HoldallError("CLOSED", "The store has been closed"));
      await this.#store.close();
      this.#core.dispose();
    }
  }

  #stop(reason: HoldallError): void {
    this.#end = reason;
    this.#core.wake = undefined;
    this.#news.stop();
    for (const end of this.#pauses) end();
    this.#parts.clock.clearTimer(this.#alarm);
    this.#outcomes.end(reason);
    for (const { reject } of [...this.#appliedWaiters, ...this.#writableWaiters]) reject(reason);
    this.#appliedWaiters = [];
    this.#writableWaiters = [];
  }

  /** Sends at the end of this turn, so that what is written in it goes as one. */
  #plan(): void {
    if (this.#isPlanned || this.#isPumping || this.#end !== undefined || !this.#store.isWritable) return;
    this.#isPlanned = true;
    queueMicrotask(() => {
      this.#isPlanned = false;
      void this.#pump();
    });
  }

  /** Sends one commit after the other, as long as there are some. */
  async #pump(): Promise<void> {
    if (this.#isPumping) return;
    this.#isPumping = true;
    try {
      for (let request = this.#next(); request !== undefined; request = this.#next()) await this.#send(request);
    } catch (error) {
      this.#fail(error);
    } finally {
      this.#isPumping = false;
    }
  }

  #next(): Request | undefined {
    if (this.#end !== undefined) return undefined;
    const { raw, exchange } = this.#core;
    const now = this.#core.begin();
    const hasNext = this.#core.run(() => raw.nextRequest(now));
    const request = hasNext ? Request.read(this.#parts.replica, exchange.readBytes()) : undefined;
    this.#collect();
    if (request === undefined) this.#sleep(now);
    return request;
  }

  /** Wakes up when the engine wants to be asked although nothing happens. */
  #sleep(now: Timestamp): void {
    const wakeAt = this.#state()[3];
    if (wakeAt === Number.POSITIVE_INFINITY || this.#alarm !== undefined) return;
    this.#alarm = this.#parts.clock.setTimer(
      () => {
        this.#alarm = undefined;
        this.#plan();
      },
      Math.max(wakeAt - now, 1),
    );
  }

  async #send(first: Request): Promise<void> {
    let request = first;
    const { replacements } = this.#news;
    const isDecision = first.conditions.length > 0 || first.ranges.length > 0;
    for (let tries = 0; this.#end === undefined; tries++) {
      const sent = this.#parts.clock.now();
      try {
        const answer = await this.#store.commit(request);
        this.#recover();
        this.#answer(request.counter, answer, sent);
        return;
      } catch (error) {
        if (this.#end !== undefined) return;
        this.#trouble(error);
        request = request.again();
        await this.pause(tries);
        // What it was decided upon was of the former store: the engine has given it up.
        if (isDecision && this.#news.replacements !== replacements) return;
      }
    }
  }

  #answer(counter: number, answer: CommitAnswer, sent: Timestamp): void {
    if (this.#end !== undefined) return;
    const { raw } = this.#core;
    switch (answer.type) {
      case "committed": {
        const { number, after, time, changed } = answer;
        this.#noteTime(sent, time);
        this.#call((now) => raw.answerCommitted(counter, number, time, after, changed, now));
        break;
      }
      case "conflict":
        this.#known = Math.max(this.#known, answer.number);
        this.#call((now) => raw.answerOtherwise(counter, 1, answer.number, now));
        break;
      case "refused":
        this.#lastError = new HoldallError(answer.code, answer.message);
        this.#reasons.set(counter, this.#lastError);
        this.#call((now) => raw.answerOtherwise(counter, 2, 0, now));
        break;
      default:
        this.#call((now) => raw.answerOtherwise(counter, 3, 0, now));
    }
    if (answer.type === "committed" && this.#state()[0] < answer.number) {
      this.#known = Math.max(this.#known, answer.number);
      this.#news.nudge();
    }
  }

  /** Lets the engine take in what the backend told, and tells what came of it. */
  #call(call: (now: Timestamp) => number): void {
    this.#core.change(wholeStore, call);
    this.#collect();
  }

  #collect(): void {
    const { raw, exchange } = this.#core;
    const count = this.#core.run(() => raw.takeOutcomes());
    if (count > 0) {
      const numbers = new Float64Array(exchange.readBytes().buffer);
      for (let at = 0; at < count * outcomeNumbers; at += outcomeNumbers) {
        const [first = 0, last = 0, kind = 0, number = 0] = numbers.subarray(at, at + outcomeNumbers);
        const outcome: Outcome = { first, last, kind: outcomeKinds[kind] ?? "unknown", number };
        this.#outcomes.decide(outcome, (counter) => this.#reasonOf(counter));
      }
    }
    const [applied] = this.#state();
    if (this.#appliedWaiters.some(({ number }) => number <= applied)) {
      const due = this.#appliedWaiters.filter(({ number }) => number <= applied);
      this.#appliedWaiters = this.#appliedWaiters.filter(({ number }) => number > applied);
      for (const { resolve } of due) resolve();
    }
    if (this.#writableWaiters.length > 0 && this.#hasRoom()) for (const { resolve } of this.#writableWaiters.splice(0)) resolve();
  }

  #reasonOf(counter: number): unknown {
    const reason = this.#reasons.get(counter) ?? this.#lastError;
    this.#reasons.delete(counter);
    return reason;
  }

  #hasRoom(): boolean {
    return this.#state()[1] <= this.#parts.maxBacklogBytes / 2;
  }

  /** What is applied, bytes that are pending, the last counter, and when the engine wants to be asked. */
  #state(): [applied: number, backlog: number, counter: number, wakeAt: Timestamp] {
    if (this.#end !== undefined) return [this.#known, 0, 0, Number.POSITIVE_INFINITY];
    const [applied = 0, backlog = 0, counter = 0, wakeAt = 0] = this.#core.run(() => this.#core.raw.replicaState());
    return [applied, backlog, counter, wakeAt];
  }

  #noteTime(sent: Timestamp, time: Timestamp): void {
    const received = this.#parts.clock.now();
    this.#parts.time.offset = this.#core.run(() => this.#core.raw.noteTime(sent, received, time));
  }

  async #askHead(): Promise<Head> {
    const sent = this.#parts.clock.now();
    const head = await this.#store.head();
    if (this.#end !== undefined) throw this.#end;
    this.#noteTime(sent, head.time);
    return head;
  }

  /** What the news asks of the driver. */
  #newsroom(): Newsroom {
    const driver = this;
    return {
      core: driver.#core,
      store: driver.#store,
      replica: driver.#parts.replica,
      scope: driver.#parts.scope,
      get hasEnded() {
        return driver.#end !== undefined;
      },
      get applied() {
        return driver.#state()[0];
      },
      call: (call) => driver.#call(call),
      know: (number, isReset = false) => {
        driver.#known = isReset ? number : Math.max(driver.#known, number);
      },
      trouble: (error) => driver.#trouble(error),
      recover: () => driver.#recover(),
      fail: (error) => driver.#fail(error),
      pause: (tries) => driver.pause(tries),
    };
  }

  #trouble(error: unknown): void {
    this.#lastError = error;
    this.#retries += 1;
    this.#isTroubled = true;
  }

  #recover(): void {
    this.#isTroubled = false;
  }

  /** Something is wrong that will not pass: the store goes on locally and tells. */
  #fail(error: unknown): void {
    if (this.#end !== undefined) return;
    this.#lastError = error;
    this.#isTroubled = true;
    this.#core.onError?.(error);
  }
}
