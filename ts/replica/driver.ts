/**
 * The driver of a replica: carries batches to the backend and its news back, with patience.
 *
 * What is decided is decided in the engine (`src/replica`); here are timers, tries and status. One commit is out at a time. A failure that may pass is
 * tried again, with growing pauses that differ by chance, as often as it takes; a commit that is sent again has the same counter, so it happens once.
 *
 * Where the engine itself has failed, what is out is still sent until it is decided; what was not sent is lost, and told so; and the rest is loaded
 * anew into another engine, which goes on counting.
 *
 * @module
 */

import type { BackendStore, CommitAnswer, Head } from "../backends/backend.js";
import { type RawStore, whenStopped } from "../engine.js";
import { HoldallError } from "../errors.js";
import type { Core } from "../store/core.js";
import { wholeStore } from "../store/exchange.js";
import type { Milliseconds, Timestamp, WaitOptions } from "../store/types/index.js";
import { within } from "./closing.js";
import { Health } from "./health.js";
import { Heard } from "./heard.js";
import { Made } from "./made.js";
import { News } from "./news.js";
import { type Conflict, Outcomes } from "./outcomes.js";
import { Pauses } from "./pauses.js";
import { renew } from "./renewal.js";
import type { DriverParts, Room } from "./room.js";
import { Sender } from "./sender.js";
import type { StoreStatus } from "./types.js";
import { type ReplicaState, Waiters } from "./waiters.js";

const firstPause: Milliseconds = 20;
const longestPause: Milliseconds = 5_000;

/** Drives one replica. */
export class Driver {
  readonly #parts: DriverParts;
  readonly #core: Core;
  readonly #store: BackendStore;
  readonly #outcomes = new Outcomes();
  readonly #made: Made;
  readonly #waiters = new Waiters();
  readonly #pauses = new Pauses(firstPause, longestPause);
  readonly #room: Room;
  /** On this engine; another one has another. */
  #news: News;
  readonly #sender: Sender;
  #end: HoldallError | undefined;
  #closing: Promise<void> | undefined;
  /** Whether it ended with writes that were not decided. */
  #isCutOff = false;
  #isOutdated = false;
  readonly #health = new Health();
  readonly #heard: Heard;
  /** The state that the engine told last. */
  #state: ReplicaState = { applied: 0, backlog: 0, counter: 0, wakeAt: Number.POSITIVE_INFINITY };
  /** Why there is no engine, until there is another. */
  #failure: HoldallError | undefined;
  /** How many engines have failed since a commit was last taken in. */
  #failures = 0;
  #forgetEngine: () => void;

  constructor(parts: DriverParts) {
    this.#parts = parts;
    this.#core = parts.core;
    this.#store = parts.store;
    this.#heard = new Heard(parts.store.header.id);
    this.#room = this.#makeRoom();
    this.#news = new News(this.#room);
    this.#sender = new Sender(this.#room);
    this.#forgetEngine = this.#watchEngine();
    this.#made = new Made(() => parts.core.hub.isTelling);
    parts.core.wake = () => {
      this.#made.note(this.#look().counter);
      this.#sender.wake();
    };
  }

  /** Begins to follow, from what was loaded on. */
  start(): void {
    this.#news.follow();
    this.#sender.wake();
  }

  /** How it is doing. */
  get status(): StoreStatus {
    const { applied, backlog } = this.#look();
    const { isTroubled, retries, conflicts, lastError } = this.#health;
    return {
      state: this.#end !== undefined ? "closed" : isTroubled ? "degraded" : "ready",
      durability: this.#parts.durability,
      isWritable: this.isWritable,
      ...(this.#store.persisted !== undefined && { persisted: this.#store.persisted }),
      backlog,
      lag: Math.max(0, this.#heard.number - applied),
      cursor: this.#core.hub.cursorAt(applied),
      retries,
      conflicts,
      lastError,
    };
  }

  /** What the backend decides of a commit that depends on others; told when it is shown here. */
  async outcome(counter: number): Promise<number | Conflict> {
    if (this.#end !== undefined) throw this.#end;
    const { replacements } = this.#heard;
    const outcome = await this.#outcomes.wait(counter);
    if (typeof outcome === "number" && this.#failure !== undefined) await this.applied(outcome, replacements);
    return outcome;
  }

  /** Resolves when the commit that its caller made last is durable; rejects when it was refused. */
  acknowledged(): Promise<void> {
    return this.#acknowledge([this.#made.last]);
  }

  /** Makes a call, and resolves when what it wrote is durable; rejects when that was refused. */
  async acknowledge(call: () => void): Promise<void> {
    await this.#acknowledge(this.#made.of(call));
  }

  async #acknowledge(counters: readonly number[]): Promise<void> {
    if (this.#end !== undefined) throw this.#end;
    if (this.#failure !== undefined) return this.flush();
    const undecided = counters.filter((counter) => !this.#outcomes.isKnown(counter));
    await Promise.all(undecided.map((counter) => this.#outcomes.wait(counter)));
  }

  /** Resolves when a number is applied here, or the store that gave it has been replaced: it means nothing then. */
  applied(number: number, replacements = this.#heard.replacements): Promise<void> {
    if (this.#end !== undefined) return Promise.reject(this.#end);
    if (this.#failure === undefined && this.#look().applied >= number) return Promise.resolve();
    this.#news.nudge();
    return this.#waiters.wait(({ applied }) => applied >= number || this.#heard.replacements !== replacements);
  }

  /** Resolves after a pause that grows with the tries, and differs by chance. */
  pause(tries: number): Promise<void> {
    return this.#pauses.pause(tries);
  }

  /** Counts a conflict. */
  noteConflict(): void {
    this.#health.conflicts += 1;
  }

  /** See `BackedStore.flush`. */
  flush(): Promise<void> {
    if (this.#end !== undefined) return Promise.reject(this.#end);
    return this.#outcomes.flush(this.#look().counter);
  }

  /** See `BackedStore.sync`; `number` is of the cursor that was given. */
  async sync(number?: number): Promise<void> {
    if (this.#end !== undefined) throw this.#end;
    const target = number ?? (await this.#askHead()).number;
    this.#heard.upTo(target);
    await this.applied(target);
  }

  /** See `BackedStore.writable`. */
  writable(): Promise<void> {
    if (this.#end !== undefined) return Promise.reject(this.#end);
    const hasRoom = ({ backlog }: ReplicaState) => backlog <= this.#parts.attachment.maxBacklogBytes / 2;
    if (this.#failure !== undefined || !hasRoom(this.#look())) return this.#waiters.wait(hasRoom);
    return this.#waiters.admit();
  }

  /** See `BackedStore.upgradeStore`. */
  async upgrade(): Promise<void> {
    if (this.#end !== undefined) throw this.#end;
    await this.#store.upgrade();
  }

  /** See `BackedStore.close`. Where it takes longer than a limit allows, what is not decided by then is given up. */
  async close(limits?: WaitOptions): Promise<void> {
    const close = () => {
      this.#closing ??= this.#close();
      return this.#closing;
    };
    const giveUp = () => this.#stop(new HoldallError("CLOSED", "The store has been closed before the write was decided"));
    await within(this.#core, limits, close, giveUp);
  }

  async #close(): Promise<void> {
    try {
      // A write whose own code has closed the store, its middleware say, is made by then.
      await undefined;
      if (this.#end === undefined) await this.flush();
      else if (this.#isCutOff) throw this.#end;
    } finally {
      this.#stop(new HoldallError("CLOSED", "The store has been closed"));
      await this.#store.close();
      this.#core.dispose();
    }
  }

  /** Whether this version may write. */
  get isWritable(): boolean {
    return !this.#isOutdated && this.#store.isWritable;
  }

  /** Refuses a write where none is taken any more. */
  requireWritable(): void {
    if (this.#end !== undefined) throw this.#end;
    if (this.#closing !== undefined) throw new HoldallError("CLOSED", "The store is being closed");
    if (this.isWritable) return;
    throw new HoldallError("FORMAT_TOO_NEW", "The store has a format that this version of Holdall reads and does not write");
  }

  #stop(reason: HoldallError): void {
    if (this.#end !== undefined) return;
    this.#isCutOff = !this.#outcomes.isDecided(this.#look().counter);
    this.#end = reason;
    this.#state = { ...this.#state, applied: this.#heard.number, backlog: 0 };
    this.#core.wake = undefined;
    this.#forgetEngine();
    this.#news.stop();
    this.#pauses.end();
    this.#sender.stop();
    this.#outcomes.end(reason);
    this.#waiters.end(reason);
  }

  #decide(counter: number, answer: CommitAnswer, sent: Timestamp): void {
    if (this.#end !== undefined) return;
    if (this.#failure === undefined) this.#answer(counter, answer, sent);
    else this.#settle(answer);
  }

  #answer(counter: number, answer: CommitAnswer, sent: Timestamp): void {
    const { raw } = this.#core;
    switch (answer.type) {
      case "committed": {
        const { number, after, time, changed } = answer;
        this.#outcomes.note(counter, number);
        this.#noteTime(sent, time);
        this.#call((now) => raw.answerCommitted(counter, number, time, after, changed, now));
        this.#failures = 0;
        break;
      }
      case "conflict":
        this.#heard.upTo(answer.number);
        this.#call((now) => raw.answerOtherwise(counter, 1, answer.number, now));
        break;
      case "refused":
        this.#health.lastError = new HoldallError(answer.code, answer.message);
        this.#outcomes.explain(counter, this.#health.lastError);
        // Another version has raised the format: from now on this one reads.
        if (answer.code === "FORMAT_TOO_NEW") this.#isOutdated = true;
        this.#call((now) => raw.answerOtherwise(counter, 2, 0, now));
        break;
      default:
        this.#call((now) => raw.answerOtherwise(counter, 3, 0, now));
    }
    if (answer.type === "committed" && this.#state.applied < answer.number) {
      this.#heard.upTo(answer.number);
      this.#news.nudge();
    }
  }

  /** Lets the engine take in what the backend told, and tells what came of it. */
  #call(call: (now: Timestamp) => number): void {
    this.#core.change(wholeStore, call);
    this.#collect();
  }

  #collect(): ReplicaState {
    const { raw, exchange } = this.#core;
    const count = this.#core.run(() => raw.takeOutcomes());
    if (count > 0) this.#outcomes.read(new Float64Array(exchange.readBytes().buffer));
    const state = this.#look();
    this.#sender.note(state);
    this.#waiters.look(state);
    return state;
  }

  /** The state, now; while there is no engine, the last one that is known. */
  #look(): ReplicaState {
    if (this.#end !== undefined || this.#failure !== undefined) return this.#state;
    const [applied = 0, backlog = 0, counter = 0, wakeAt = 0] = this.#core.run(() => this.#core.raw.replicaState());
    this.#state = { applied, backlog, counter, wakeAt };
    return this.#state;
  }

  #noteTime(sent: Timestamp, time: Timestamp): void {
    if (this.#failure !== undefined) return;
    const received = this.#parts.clock.now();
    this.#parts.time.offset = this.#core.run(() => this.#core.raw.noteTime(sent, received, time));
  }

  async #askHead(): Promise<Head> {
    const sent = this.#parts.clock.now();
    const head = await this.#store.head();
    if (this.#end !== undefined) throw this.#end;
    this.#heard.require(head.id);
    this.#noteTime(sent, head.time);
    return head;
  }

  /** Hears when the engine fails, in the midst of whatever call that is. */
  #watchEngine(): () => void {
    const { engine } = this.#core;
    return whenStopped(engine, () => {
      if (this.#end !== undefined) return;
      const { sent, hasUnsent, isOut } = this.#sender;
      this.#failure = engine.failure;
      this.#state = { ...this.#state, backlog: 0, counter: Math.max(sent, this.#state.counter) };
      this.#sender.stop();
      this.#outcomes.lose(sent, hasUnsent, lost(engine.failure));
      if (!isOut) this.#settle();
      this.#health.trouble(engine.failure);
      void this.#renew();
    });
  }

  /** Takes in what was decided of what was out when the engine failed; of nothing, where nothing was. */
  #settle(answer?: CommitAnswer): void {
    const { counter } = this.#state;
    const number = answer === undefined || answer.type === "refused" || answer.type === "unknown" ? 0 : answer.number;
    const decided = answer && { kind: answer.type, number };
    this.#heard.upTo(number);
    this.#outcomes.settle(this.#sender.sent, counter, decided, (isAlone) => {
      const refusal = answer?.type === "refused" ? new HoldallError(answer.code, answer.message) : undefined;
      return isAlone ? refusal : lost(refusal);
    });
  }

  async #renew(): Promise<void> {
    const failure = this.#failure;
    queueMicrotask(() => this.#core.onError?.(failure));
    // Behind the call that failed; and one engine after the other is not worn out at once.
    await this.pause(this.#failures++);
    this.#news.stop();
    await renew(this.#room);
  }

  /** Goes on with another engine; where it shows what the former one did, it takes in what was loaded. */
  #goOn(number: number, loaded: RawStore | undefined): void {
    const core = this.#core;
    this.#failure = undefined;
    this.#heard.upTo(number);
    this.#health.isTroubled = false;
    this.#news = new News(this.#room);
    this.#forgetEngine = this.#watchEngine();
    try {
      core.expectDeadlines();
      core.ring();
      if (loaded === undefined) this.#collect();
      else this.#call((now) => core.run(() => core.raw.reload(loaded, number, now)));
    } catch (error) {
      this.#fail(error);
    }
    this.start();
  }

  /** What those who work for the driver ask of it. */
  #makeRoom(): Room {
    const driver = this;
    return {
      ...driver.#parts,
      heard: driver.#heard,
      health: driver.#health,
      get hasEnded() {
        return driver.#end !== undefined;
      },
      get isDown() {
        return driver.#failure !== undefined;
      },
      get state() {
        return driver.#state;
      },
      isDecided: (counter) => driver.#outcomes.isDecided(counter),
      settled: () => driver.#sender.pumped,
      call: (call) => driver.#call(call),
      collect: () => driver.#collect(),
      decide: (counter, answer, sent) => driver.#decide(counter, answer, sent),
      goOn: (number, loaded) => driver.#goOn(number, loaded),
      end: (reason) => driver.#stop(reason),
      recover: () => {
        driver.#health.isTroubled = driver.#failure !== undefined;
      },
      fail: (error) => driver.#fail(error),
      pause: (tries) => driver.pause(tries),
    };
  }

  /** Something is wrong that will not pass: the store goes on locally and tells. */
  #fail(error: unknown): void {
    if (this.#end !== undefined || this.#failure !== undefined) return;
    this.#health.fail(error);
    this.#core.onError?.(error);
  }
}

function lost(cause: unknown): HoldallError {
  return new HoldallError("ENGINE_FAILED", "The engine failed before the write was sent; it is lost, and may be made again", { cause });
}
