/**
 * Follows a log: reads it on from where it is whenever there may be news, and tells them in order, none twice.
 *
 * @module
 */

import type { Following, LogSink } from "../backend.js";
import type { News } from "./reading.js";

/** What a follower reads. */
export interface FollowedLog {
  /** Reads on after a number; nothing where the log does not reach back to it. */
  read(after: number): Promise<News | undefined>;
  /** Calls back when there may be news; returns how to end that. */
  watch(listener: () => void): () => void;
}

/** A log that is being followed. */
export class LogFollower implements Following {
  readonly #log: FollowedLog;
  readonly #sink: LogSink;
  readonly #unwatch: () => void;
  #position: number;
  #isReading = false;
  /** Whether there may be news that the reading going on does not see any more. */
  #isStale = false;
  #isStopped = false;

  constructor(log: FollowedLog, after: number, sink: LogSink) {
    this.#log = log;
    this.#sink = sink;
    this.#position = after;
    this.#unwatch = log.watch(() => this.nudge());
    this.nudge();
  }

  nudge(): void {
    this.#isStale = true;
    if (!this.#isReading && !this.#isStopped) void this.#read();
  }

  stop(): void {
    if (this.#isStopped) return;
    this.#isStopped = true;
    this.#unwatch();
  }

  async #read(): Promise<void> {
    this.#isReading = true;
    try {
      while (this.#isStale && !this.#isStopped) {
        this.#isStale = false;
        const news = await this.#log.read(this.#position);
        // It may have been stopped meanwhile; then the sink hears nothing more.
        if (this.#isStopped) return;
        if (news === undefined) return this.#end(() => this.#sink.gap());
        this.#position = news.through;
        this.#isStale ||= news.hasMore;
        this.#sink.commits(news.commits, news.through, news.time);
      }
    } catch (error) {
      this.#end(() => this.#sink.failed(error));
    } finally {
      this.#isReading = false;
    }
  }

  #end(tell: () => void): void {
    if (this.#isStopped) return;
    this.stop();
    tell();
  }
}
