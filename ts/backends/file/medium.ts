/**
 * Stores in an LMDB environment: writes of this process are gathered into transactions, and a look at the heads tells of the commits of others.
 *
 * @module
 */

import type { HoldallError } from "../../errors.js";
import type { Milliseconds } from "../../store/types/index.js";
import { type Listener, type Medium, type Outcome, type Procedure, runAtOnce, type Writes } from "../local/shelf.js";
import { type Environment, openEnvironment } from "./environment.js";
import { causeOf, failureOf } from "./failures.js";
import { FileShelf } from "./shelf.js";

/** How often the heads of stores that are followed are looked at: LMDB tells nobody that another process has written. */
const lookInterval: Milliseconds = 25;

/** Work that waits for a transaction. */
interface Job {
  /** The store that it is about. */
  readonly name: string;
  /** Does it, within a transaction; to be called again when that has failed. */
  perform(): void;
  /** Tells that the transaction is on the disk, and returns what it has written. */
  done(): Writes | undefined;
  /** Tells that it will not be. */
  failed(error: HoldallError): void;
}

/** The stores that are followed, each with what was seen of it last. */
interface Watched {
  readonly shelf: FileShelf;
  readonly listeners: Set<Listener>;
  /** The number of its last commit, -1 where there is no store; before the first look, none that a store could have. */
  number: number;
}

/** What a number is of a store whose head cannot be read. */
const unreadable = -2;

/** The number of the last commit of a store. Of one that is damaged it is no error: who follows reads on, and is told. */
function numberOf(shelf: FileShelf): number {
  try {
    return shelf.head()?.number ?? -1;
  } catch {
    return unreadable;
  }
}

/** Stores in an LMDB environment. */
export class FileMedium implements Medium {
  readonly #environment: Environment;
  readonly #folder: string;
  readonly #watched = new Map<string, Watched>();
  #waiting: Job[] = [];
  #draining: Promise<void> | undefined;
  #timer: unknown;

  private constructor(environment: Environment, folder: string) {
    this.#environment = environment;
    this.#folder = folder;
  }

  /** Opens the environment in a folder. */
  static async open(folder: string): Promise<FileMedium> {
    return new FileMedium(await openEnvironment(folder), folder);
  }

  write<Result>(name: string, procedure: () => Procedure<Outcome<Result>>): Promise<Result> {
    return new Promise((resolve, reject) => {
      let settle: () => Writes | undefined;
      this.#waiting.push({
        name,
        perform: () => {
          const shelf = new FileShelf(this.#environment, name);
          const { result, writes } = runAtOnce(procedure(), shelf);
          if (writes) shelf.write(writes);
          settle = () => {
            resolve(result);
            return writes;
          };
        },
        done: () => settle(),
        failed: reject,
      });
      this.#draining ??= this.#drain();
    });
  }

  async read<End>(name: string, procedure: () => Procedure<End>): Promise<End> {
    try {
      // What others have written since the last look is wanted too.
      this.#environment.root.resetReadTxn();
      return runAtOnce(procedure(), new FileShelf(this.#environment, name));
    } catch (error) {
      throw failureOf(error, this.#folder);
    }
  }

  watch(name: string, listener: Listener): () => void {
    const watched = this.#watched.get(name) ?? { shelf: new FileShelf(this.#environment, name), listeners: new Set(), number: Number.NaN };
    this.#watched.set(name, watched);
    watched.listeners.add(listener);
    this.#timer ??= this.#startLooking();
    return () => {
      watched.listeners.delete(listener);
      if (watched.listeners.size === 0) this.#watched.delete(name);
      if (this.#watched.size === 0) this.#stopLooking();
    };
  }

  async close(): Promise<void> {
    this.#stopLooking();
    await this.#draining;
    await this.#environment.root.close();
  }

  /** Performs what waits, all that has gathered in one transaction, until nothing waits. */
  async #drain(): Promise<void> {
    // What is asked for in this turn of the event loop still comes along.
    await undefined;
    while (this.#waiting.length > 0) {
      const jobs = this.#waiting;
      this.#waiting = [];
      await this.#commit(jobs);
      this.#look();
    }
    this.#draining = undefined;
  }

  async #commit(jobs: readonly Job[]): Promise<void> {
    const { root } = this.#environment;
    const performed: Job[] = [];
    const refused: (() => void)[] = [];
    try {
      await root.transaction(() => {
        performed.length = 0;
        for (const job of jobs) {
          try {
            // In a transaction of its own within, so that one which fails half-way leaves nothing and harms no other.
            root.transactionSync(() => job.perform());
            performed.push(job);
          } catch (error) {
            refused.push(() => job.failed(failureOf(error, this.#folder)));
          }
        }
      });
    } catch (error) {
      const failure = failureOf(await causeOf(error), this.#folder);
      // Nothing of the transaction is there. Alone, each job fails for itself only: a full disk may still have room for the small ones.
      if (jobs.length > 1) for (const job of jobs) await this.#commit([job]);
      else jobs[0]?.failed(failure);
      return;
    }
    for (const refuse of refused) refuse();
    for (const job of performed) {
      const writes = job.done() ?? {};
      if (writes.isRemoved) this.#tellRemoval(job.name);
      this.#handOn(job.name, writes);
    }
  }

  /** Hands a commit of this process to those who follow its store and know all before it. */
  #handOn(name: string, { logged, store }: Writes): void {
    const watched = this.#watched.get(name);
    if (logged === undefined || watched?.number !== logged.number - 1) return;
    watched.number = logged.number;
    for (const listener of watched.listeners) listener(logged, store);
  }

  /** Lets those who follow a store see that it is gone, before they are handed a commit of another in its place. */
  #tellRemoval(name: string): void {
    const watched = this.#watched.get(name);
    if (watched === undefined) return;
    watched.number = Number.NaN;
    for (const listener of watched.listeners) listener();
  }

  #startLooking(): unknown {
    const timer: unknown = setInterval(() => this.#look(), lookInterval);
    (timer as { unref?: () => void }).unref?.();
    return timer;
  }

  #stopLooking(): void {
    clearInterval(this.#timer as ReturnType<typeof setInterval>);
    this.#timer = undefined;
  }

  /** Tells those who follow a store when its head has moved on. */
  #look(): void {
    if (this.#watched.size === 0) return;
    this.#environment.root.resetReadTxn();
    for (const watched of this.#watched.values()) {
      const number = numberOf(watched.shelf);
      if (number === watched.number) continue;
      watched.number = number;
      for (const listener of watched.listeners) listener();
    }
  }
}
