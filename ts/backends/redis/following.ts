/**
 * Following the log of a store: what is pushed is passed on at once where it is the next commit; all else is read from the log.
 *
 * Always holds: the sink hears commits of one history only, in their order, none twice and none left out. Each step is checked by the mark of the commit before
 * it, so a server that has lost what it told before, or another in its place, is a gap and never a silent divergence.
 *
 * @module
 */

import { letExit, platformClock } from "../../clock.js";
import type { Milliseconds, Timestamp } from "../../store/types/index.js";
import type { Following, LoggedCommit, LogSink } from "../backend.js";
import type { Listener } from "./listeners.js";
import { concerns, type Message, readMessage } from "./messages.js";

/** Commits that were read from the log. */
export interface News {
  /** Those that concern the scope. */
  readonly commits: readonly LoggedCommit[];
  /** All up to this number have been read. */
  readonly through: number;
  /** The mark of that number. */
  readonly mark: string;
  /** The backend's time. */
  readonly time: Timestamp;
  /** Whether there are more. */
  readonly hasMore: boolean;
}

/** What following needs of a store. */
export interface FollowedStore {
  /** What the keys begin with that it is about. */
  readonly scope: string;
  /** Listens for messages. */
  listen(listener: Listener): Promise<() => void>;
  /** Reads the log after a number; nothing where it is not that of the history that is known here, or does not reach back. */
  read(after: number): Promise<News | undefined>;
  /** Takes note of a commit that was told. */
  know(number: number, mark: string): void;
}

/** How often the log is looked at though nothing was heard: a message that was lost, or a connection that went silent, is noticed by then. */
const quiet: Milliseconds = 5_000;

/** A log that is being followed. */
export class RedisFollowing implements Following, Listener {
  readonly #store: FollowedStore;
  readonly #sink: LogSink;
  #through: number;
  /** The mark of `#through`, once it has been read. */
  #mark: string | undefined;
  #leave: (() => void) | undefined;
  #timer: unknown;
  #isReading = false;
  #reading: Promise<void> = Promise.resolve();
  /** Whether there may be news that the reading under way does not see. */
  #isStale = false;
  /** Whether commits were pushed since the log was last looked at unasked. */
  #isTold = false;
  #isStopped = false;

  constructor(store: FollowedStore, after: number, sink: LogSink) {
    this.#store = store;
    this.#through = after;
    this.#sink = sink;
    void this.#start();
  }

  nudge(): void {
    this.#isStale = true;
    if (!this.#isReading) this.#reading = this.#read();
  }

  stop(): void {
    this.#isStopped = true;
    platformClock.clearTimer(this.#timer);
    this.#leave?.();
    this.#leave = undefined;
  }

  message(bytes: Uint8Array): void {
    if (this.#isStopped) return;
    let message: Message;
    try {
      message = readMessage(bytes);
    } catch {
      // Somebody else has published it. Whether it tells anything, the log knows.
      this.nudge();
      return;
    }
    this.#isTold = true;
    const isNext = !this.#isReading && message.number === this.#through + 1 && message.before === this.#mark;
    if (isNext && (message.commit || !concerns(message, this.#store.scope))) {
      this.#tell(message.commit ? [message.commit] : [], message.number, message.mark, message.time);
    } else if (message.number !== this.#through || message.mark !== this.#mark) {
      this.nudge();
    }
  }

  end(): void {
    this.#finish(() => this.#sink.failed(new Error("The connection to Redis has ended")));
  }

  /** Listens first and reads then, so nothing falls between. */
  async #start(): Promise<void> {
    this.#isReading = true;
    try {
      const leave = await this.#store.listen(this);
      if (this.#isStopped) return leave();
      this.#leave = leave;
    } catch (error) {
      return this.#finish(() => this.#sink.failed(error));
    } finally {
      this.#isReading = false;
    }
    this.nudge();
    this.#watch();
  }

  #watch(): void {
    this.#isTold = false;
    this.#timer = platformClock.setTimer(async () => {
      // Who was told something meanwhile is not forgotten; what the log of a busy store has besides may be on its way.
      if (this.#isTold) return this.#watch();
      const before = this.#through;
      this.nudge();
      await this.#reading;
      if (this.#isStopped) return;
      // What the log has and nobody told is not told here any more: the slot of the store has moved, say.
      if (this.#through > before) this.#finish(() => this.#sink.failed(new Error("Redis no longer tells of commits here")));
      else this.#watch();
    }, quiet);
    letExit(this.#timer);
  }

  async #read(): Promise<void> {
    this.#isReading = true;
    try {
      while (this.#isStale && !this.#isStopped && this.#leave) {
        this.#isStale = false;
        const news = await this.#store.read(this.#through);
        if (this.#isStopped) return;
        if (news === undefined) return this.#finish(() => this.#sink.gap());
        this.#isStale ||= news.hasMore;
        this.#tell(news.commits, news.through, news.mark, news.time);
      }
    } catch (error) {
      this.#finish(() => this.#sink.failed(error));
    } finally {
      this.#isReading = false;
    }
  }

  #tell(commits: readonly LoggedCommit[], through: number, mark: string, time: Timestamp): void {
    this.#through = through;
    this.#mark = mark;
    this.#store.know(through, mark);
    this.#sink.commits(commits, through, time);
  }

  #finish(tell: () => void): void {
    if (this.#isStopped) return;
    this.stop();
    tell();
  }
}
