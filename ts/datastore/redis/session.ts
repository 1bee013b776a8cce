/**
 * From one connecting to the next disconnecting: one connection that all calls share, and others, each lent to one call, for those that wait.
 *
 * Always holds: a call that waits never stands before another on the shared connection; nothing that was sent and may change something is sent again.
 *
 * @module
 */
import type { Milliseconds } from "../../store/types/index.js";
import { UnavailableError } from "../errors.js";
import { Dialler } from "./dialler.js";
import { Ending } from "./ending.js";
import { isLoss, NotSent, unanswered, unreachable } from "./failures.js";
import type { Command, Link } from "./link.js";
import { Pool } from "./pool.js";
import type { NextLapse } from "./scripts.js";
import { Sweeps } from "./sweeps.js";

/** How long one waiting command may last; then it is sent again, so that a connection which died in silence is noticed. */
const longestBlock: Milliseconds = 30_000;

/** How long an end waits for the server to wake a waiting connection, and how often it asks. */
const wakeTime: Milliseconds = 1_000;
const wakeInterval: Milliseconds = 10;

/** What a session is made from. */
export interface SessionOptions {
  /** Options of the client. */
  readonly client: Readonly<Record<string, unknown>>;
  /** How many connections may wait. */
  readonly poolSize: number;
  /** How long a call may take, waiting apart. */
  readonly commandTimeout: Milliseconds;
}

/** One wait: what is looked for, and where. */
export interface Looking<T> {
  /** The queue. */
  readonly queue: string;
  /** Until when, as `performance.now()` gives it. */
  readonly by: number;
  /** How soon a reservation lapses. */
  readonly next: NextLapse;
  /** Whether a look takes nothing, so that one whose answer was lost may be made again. */
  readonly isRepeatable: boolean;
  /** Looks on a connection that may wait for so long: `null` when nothing came. */
  look(link: Waitable, span: Milliseconds): Promise<T | null>;
}

/** A connection that a command may wait on. */
export interface Waitable {
  /** Sends a command that waits for at most so long at the server. */
  wait<T>(command: Command<T>, span: Milliseconds): Promise<T>;
  /** Waits for a time without the server. */
  rest(span: Milliseconds): Promise<void>;
}

/** One session. */
export class Session {
  readonly #commandTimeout: Milliseconds;
  readonly #ending = new Ending();
  readonly #dialler: Dialler;
  readonly #pool: Pool;
  readonly #sweeps: Sweeps;
  /** The ids of the waiting connections, where the server gave them. */
  readonly #ids = new WeakMap<Link, number>();
  readonly #blocked = new Set<Link>();
  readonly #underWay = new Set<Promise<unknown>>();
  #shared: Link | undefined;
  #opening: Promise<Link> | undefined;

  /** @param restore - puts back what has lapsed in a queue, by a call of `run` */
  constructor({ client, poolSize, commandTimeout }: SessionOptions, restore: (queue: string) => Promise<NextLapse>) {
    this.#commandTimeout = commandTimeout;
    this.#dialler = new Dialler(client, this.#ending);
    this.#pool = new Pool(poolSize, () => this.#dialToWait(), this.#ending);
    this.#sweeps = new Sweeps(restore);
  }

  /** Connects, unless it is connected. */
  async connect(): Promise<void> {
    await this.#dialler.prepare();
    await this.#link(performance.now() + this.#commandTimeout);
  }

  /** Sends a command on the shared connection. Rejects within the command's time. */
  run<T>(command: Command<T>): Promise<T> {
    return this.#run(command, (error) => error instanceof NotSent);
  }

  /** As `run`, for commands that change nothing: they are sent again when their connection is lost. */
  read<T>(command: Command<T>): Promise<T> {
    return this.#run(command, (error) => error instanceof NotSent || isLoss(error));
  }

  /** Looks for something on a connection of its own; `null` when its time runs out. */
  async waitFor<T>(looking: Looking<T>): Promise<T | null> {
    const waiting = this.#waitFor(looking);
    this.#underWay.add(waiting);
    try {
      return await waiting;
    } finally {
      this.#underWay.delete(waiting);
    }
  }

  /** Wakes those who wait with `CLOSED`, lets what is under way end, and disconnects. */
  async end(): Promise<void> {
    this.#ending.come();
    await Promise.all([...this.#blocked].map((link) => this.#wake(link)));
    await Promise.allSettled(this.#underWay);
    this.#pool.close();
    await this.#shared?.retire();
  }

  async #run<T>(command: Command<T>, isToBeSentAgain: (error: unknown) => boolean): Promise<T> {
    if (!this.#shared?.isOpen) await this.#dialler.prepare();
    const by = performance.now() + this.#commandTimeout;
    for (;;) {
      const link = this.#shared?.isOpen ? this.#shared : await this.#link(by);
      const left = by - performance.now();
      try {
        return await link.send(command, Math.max(left, 1));
      } catch (error) {
        if (!isToBeSentAgain(error)) throw error;
        if (left <= 0) throw unreachable(error);
      }
    }
  }

  /** The shared connection. Calls that come together make one. */
  async #link(by: number): Promise<Link> {
    this.#ending.check();
    if (this.#shared?.isOpen) return this.#shared;
    this.#opening ??= this.#dialler
      .dial(by)
      .then((link) => {
        if (this.#ending.hasCome) link.close();
        this.#ending.check();
        this.#shared = link;
        return link;
      })
      .finally(() => {
        this.#opening = undefined;
      });
    return this.#opening;
  }

  /** A connection to wait on, which the server can be asked to wake. */
  async #dialToWait(): Promise<Link> {
    const link = await this.#dialler.dial(performance.now() + this.#commandTimeout);
    try {
      this.#ids.set(link, await link.send((client) => client.client("ID"), this.#commandTimeout));
    } catch {
      // Not everybody may ask; then it is cut instead.
    }
    return link;
  }

  async #waitFor<T>(looking: Looking<T>): Promise<T | null> {
    const { queue, by, next } = looking;
    let fail!: (reason: unknown) => void;
    const failed = new Promise<never>((_, reject) => {
      fail = reject;
    });
    // It may fail when nobody listens any more.
    failed.catch(() => {});
    const leave = this.#sweeps.join(queue, next, fail);
    let link: Link | undefined;
    try {
      for (link = await this.#pool.borrow(by); link !== undefined; ) {
        this.#ending.check();
        const left = by - performance.now();
        if (left <= 0) return null;
        const found = await Promise.race([this.#lookOn(link, looking, Math.min(left, longestBlock)), failed]);
        if (found !== null) return found;
        if (link.isOpen) continue;
        this.#pool.giveBack(link);
        link = undefined;
        link = await this.#pool.borrow(by);
      }
      return null;
    } catch (error) {
      // Something may still wait on it.
      link?.close();
      throw error;
    } finally {
      leave();
      if (link !== undefined) this.#pool.giveBack(link);
    }
  }

  /** Looks once; `null` also when the connection was lost meanwhile and another may do. */
  async #lookOn<T>(link: Link, { look, isRepeatable }: Looking<T>, span: Milliseconds): Promise<T | null> {
    const waitable: Waitable = {
      wait: (command, blocked) => link.send(command, blocked + this.#commandTimeout),
      rest: (span) => this.#ending.pause(span),
    };
    this.#blocked.add(link);
    try {
      return await look(waitable, span);
    } catch (error) {
      if (link.isOpen) throw error;
      if (error instanceof NotSent) return null;
      if (error instanceof UnavailableError && (isRepeatable || error.outcome === "not done" || this.#ending.hasCome)) return null;
      throw error;
    } finally {
      this.#blocked.delete(link);
    }
  }

  /**
   * Ends the waiting of a connection: by the server, so that an item which is on its way to us arrives, and else by cutting it. The server may hear of this
   * before it hears what the connection wants to wait for, so it is asked until the wait is over.
   */
  async #wake(link: Link): Promise<void> {
    const id = this.#ids.get(link);
    const until = performance.now() + wakeTime;
    while (this.#blocked.has(link)) {
      try {
        if (id === undefined || performance.now() > until) throw unanswered();
        await this.#shared?.send((client) => client.client("UNBLOCK", id), wakeTime);
      } catch {
        link.close();
        return;
      }
      await new Promise((resolve) => setTimeout(resolve, wakeInterval));
    }
  }
}
