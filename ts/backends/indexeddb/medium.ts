/**
 * Stores in an IndexedDB database: a transaction for each procedure, and a channel that tells other tabs.
 *
 * @module
 */

import { HoldallError } from "../../errors.js";
import type { Milliseconds } from "../../store/types/index.js";
import { type Listener, type Medium, type Outcome, type Procedure, runLater, type Writes } from "../local/shelf.js";
import { type Connection, objectStores, openDatabase } from "./database.js";
import { failureOf } from "./failures.js";
import { readMarks } from "./marks.js";
import { DatabaseShelf, type Transaction, writeTo } from "./shelf.js";

/**
 * How often stores that are followed are looked at though nothing was told: a tab may end between its commit and its message, and one that the browser
 * had frozen hears nothing of what was told meanwhile.
 */
const lookInterval: Milliseconds = 1_000;

/** A store that is followed. */
interface Watched {
  readonly listeners: Set<Listener>;
  /** What it was when it was last looked at. */
  mark?: string;
}

/** Stores in an IndexedDB database. */
export class DatabaseMedium implements Medium {
  readonly persisted: boolean | undefined;
  readonly #database: string;
  readonly #watched = new Map<string, Watched>();
  readonly #channel: BroadcastChannel | undefined;
  /** What is being written; the channel is needed when that is kept. */
  readonly #writing = new Set<Promise<unknown>>();
  #connection: Promise<Connection> | undefined;
  #timer: ReturnType<typeof setInterval> | undefined;
  #isLooking = false;
  #isClosed = false;

  private constructor(database: string, persisted: boolean | undefined) {
    this.#database = database;
    this.persisted = persisted;
    if (typeof BroadcastChannel === "undefined") return;
    this.#channel = new BroadcastChannel(`holdall:${database}`);
    this.#channel.onmessage = ({ data }) => this.#tell(String(data));
  }

  /** Opens a database, and asks the browser whether it keeps what is in it. */
  static async open(database: string): Promise<DatabaseMedium> {
    const persisted = await (globalThis.navigator?.storage?.persisted?.() ?? Promise.resolve(undefined)).catch(() => undefined);
    const medium = new DatabaseMedium(database, persisted);
    try {
      await medium.#connected();
      return medium;
    } catch (error) {
      await medium.close();
      throw error;
    }
  }

  async write<Result>(name: string, procedure: () => Procedure<Outcome<Result>>): Promise<Result> {
    const writing = this.#write(name, procedure);
    this.#writing.add(writing);
    try {
      return await writing;
    } finally {
      this.#writing.delete(writing);
    }
  }

  async #write<Result>(name: string, procedure: () => Procedure<Outcome<Result>>): Promise<Result> {
    const connection = await this.#connected();
    try {
      const transaction: Transaction<"readwrite"> = connection.transaction([...objectStores], "readwrite", { durability: "strict" });
      const { result, writes } = await whole(transaction, async () => {
        const outcome = await runLater(procedure(), new DatabaseShelf(transaction, name));
        if (outcome.writes) await writeTo(transaction, name, outcome.writes);
        return outcome;
      });
      if (writes?.head || writes?.header || writes?.isRemoved) {
        this.#tell(name, writes);
        this.#channel?.postMessage(name);
      }
      return result;
    } catch (error) {
      throw failureOf(error);
    }
  }

  async read<End>(name: string, procedure: () => Procedure<End>): Promise<End> {
    const connection = await this.#connected();
    try {
      const transaction: Transaction<"readonly"> = connection.transaction([...objectStores], "readonly");
      return await whole(transaction, () => runLater(procedure(), new DatabaseShelf(transaction, name)));
    } catch (error) {
      throw failureOf(error);
    }
  }

  watch(name: string, listener: Listener): () => void {
    const watched = this.#watched.get(name) ?? { listeners: new Set() };
    this.#watched.set(name, watched);
    watched.listeners.add(listener);
    this.#timer ??= setInterval(() => void this.#look(), lookInterval);
    return () => {
      watched.listeners.delete(listener);
      if (watched.listeners.size === 0 && this.#watched.get(name) === watched) this.#watched.delete(name);
      if (this.#watched.size === 0) this.#stopLooking();
    };
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#stopLooking();
    const connection = await this.#connection?.catch(() => undefined);
    // Transactions that have begun still come to their end, which others hear of.
    connection?.close();
    await Promise.allSettled(this.#writing);
    this.#channel?.close();
  }

  /** The connection; opened anew after it was lost. */
  #connected(): Promise<Connection> {
    if (this.#isClosed) return Promise.reject(new HoldallError("CLOSED", "The database is closed"));
    if (this.#connection === undefined) {
      const forget = () => {
        if (this.#connection === connection) this.#connection = undefined;
      };
      const connection = openDatabase(this.#database, forget);
      this.#connection = connection;
      connection.catch(forget);
    }
    return this.#connection;
  }

  #tell(name: string, { logged, store }: Writes = {}): void {
    for (const listener of this.#watched.get(name)?.listeners ?? []) listener(logged, store);
  }

  /** Tells those who follow a store that has changed since it was last looked at. */
  async #look(): Promise<void> {
    if (this.#isLooking) return;
    this.#isLooking = true;
    try {
      const marks = await readMarks(await this.#connected(), [...this.#watched.keys()]);
      for (const [name, mark] of marks) {
        const watched = this.#watched.get(name);
        if (watched === undefined || watched.mark === mark) continue;
        watched.mark = mark;
        this.#tell(name);
      }
    } catch {
      // They look for themselves, and hear what is wrong.
      for (const name of this.#watched.keys()) this.#tell(name);
    } finally {
      this.#isLooking = false;
    }
  }

  #stopLooking(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}

/** Does something within a transaction; resolves when that is complete, and leaves nothing of it where it fails. */
async function whole<Result>(
  transaction: Transaction<"readonly"> | Transaction<"readwrite">,
  work: () => Promise<Result>,
): Promise<Result> {
  // A quota that is used up is told by the transaction alone, after its requests have gone well.
  const complete = transaction.done;
  complete.catch(() => {});
  let result: Result;
  try {
    result = await work();
  } catch (error) {
    try {
      transaction.abort();
    } catch {
      // It has ended by itself, and says why better than its requests do.
    }
    const reason: unknown = await complete.then(
      () => error,
      (ended: unknown) => ended,
    );
    throw (reason as { readonly name?: string } | null)?.name === "QuotaExceededError" ? reason : error;
  }
  await complete;
  return result;
}
