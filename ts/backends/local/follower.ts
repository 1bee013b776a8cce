/**
 * Follows a log: reads it on from where it is whenever there may be news, and tells them in order, none twice. A commit that this process has made, and that
 * comes next, is handed over and not read again.
 *
 * @module
 */

import type { Following, LoggedCommit, LogSink } from "../backend.js";
import type { News } from "./reading.js";
import type { Listener } from "./shelf.js";

/** What a follower reads. */
export interface FollowedLog {
  /** Reads on after a number; nothing where the log does not reach back to it. */
  read(after: number): Promise<News | undefined>;
  /** Calls back when there may be news, with the commit where this process has made it; returns how to end that. */
  watch(listener: Listener): () => void;
}

/** A log that is being followed. */
export class LogFollower implements Following {
  readonly #log: FollowedLog;
  readonly #sink: LogSink;
  readonly #unwatch: () => void;
  #position: number;
  /** What was handed over: the commits right after the position. */
  #handed: LoggedCommit[] = [];
  #isRunning = false;
  /** Whether the log is being read, from the position on. */
  #isReading = false;
  /** Whether there may be news that the reading going on does not see any more. */
  #isStale = false;
  #isStopped = false;

  constructor(log: FollowedLog, after: number, sink: LogSink) {
    this.#log = log;
    this.#sink = sink;
    this.#position = after;
    this.#unwatch = log.watch((logged) => this.nudge(logged));
    this.nudge();
  }

  nudge(logged?: LoggedCommit): void {
    const isUpToDate = !this.#isStale && !this.#isReading;
    if (isUpToDate && logged?.number === this.#position + this.#handed.length + 1) this.#handed.push(logged);
    else this.#isStale = true;
    if (!this.#isRunning && !this.#isStopped) void this.#run();
  }

  stop(): void {
    if (this.#isStopped) return;
    this.#isStopped = true;
    this.#unwatch();
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    try {
      // Who has made a commit hears first what became of it.
      await undefined;
      while (!this.#isStopped && (this.#handed.length > 0 || this.#isStale)) {
        if (this.#handed.length > 0) this.#hand();
        else await this.#read();
      }
    } catch (error) {
      this.#end(() => this.#sink.failed(error));
    } finally {
      this.#isRunning = false;
    }
  }

  #hand(): void {
    const commits = this.#handed;
    this.#handed = [];
    for (const { number, time } of commits.slice(-1)) this.#tell({ commits, through: number, time, hasMore: false });
  }

  async #read(): Promise<void> {
    this.#isStale = false;
    this.#isReading = true;
    let news: News | undefined;
    try {
      news = await this.#log.read(this.#position);
    } finally {
      this.#isReading = false;
    }
    // It may have been stopped meanwhile; then the sink hears nothing more.
    if (this.#isStopped) return;
    if (news === undefined) this.#end(() => this.#sink.gap());
    else this.#tell(news);
  }

  #tell({ commits, through, time, hasMore }: News): void {
    this.#position = through;
    this.#isStale ||= hasMore;
    this.#sink.commits(commits, through, time);
  }

  #end(tell: () => void): void {
    if (this.#isStopped) return;
    this.stop();
    tell();
  }
}
