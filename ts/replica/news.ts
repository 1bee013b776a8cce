/**
 * The news of a replica: follows the backend's log, and loads anew where the log does not reach back to what is here.
 *
 * @module
 */

import type { Following, LoggedCommit, LogSink } from "../backends/backend.js";
import { failed } from "../engine.js";
import { HoldallError } from "../errors.js";
import { isClosed } from "./closing.js";
import { beginAt } from "./cursors.js";
import { load } from "./loading.js";
import type { Room } from "./room.js";

/** Follows the log of one store. */
export class News {
  readonly #room: Room;
  #following: Following | undefined;
  /** Tries since the log was last heard. */
  #tries = 0;
  /** Whether `onError` has heard that the backend refuses to tell, since it last told. */
  #isReported = false;
  #isStopped = false;

  constructor(room: Room) {
    this.#room = room;
  }

  /** Looks for news now, where that would be done later. */
  nudge(): void {
    this.#following?.nudge();
  }

  /** Ends it. */
  stop(): void {
    this.#isStopped = true;
    this.#following?.stop();
    this.#following = undefined;
  }

  /** Begins to follow, from what is applied on. */
  follow(): void {
    if (this.#hasEnded) return;
    const { applied } = this.#room.collect();
    this.#room.heard.upTo(applied);
    // Who has ended is not heard any more, whatever a backend tells late.
    let isCurrent = true;
    const following = this.#begin(applied, {
      commits: (commits, through) => {
        if (isCurrent) this.#hear(commits, through);
      },
      gap: () => {
        if (isCurrent) void this.#reload();
        isCurrent = false;
      },
      failed: (error) => {
        if (isCurrent) void this.#followAgain(error);
        isCurrent = false;
      },
    });
    if (following === undefined) return;
    this.#following = {
      nudge: () => {
        if (isCurrent) following.nudge();
      },
      stop: () => {
        isCurrent = false;
        following.stop();
      },
    };
  }

  /** Begins to follow, unless the backend has been closed: that ends the replica. */
  #begin(after: number, sink: LogSink): Following | undefined {
    try {
      return this.#room.store.follow(after, sink);
    } catch (error) {
      if (!isClosed(error)) throw error;
      this.#room.end(error);
      return undefined;
    }
  }

  get #hasEnded(): boolean {
    return this.#isStopped || this.#room.hasEnded || this.#room.isDown;
  }

  #hear(commits: readonly LoggedCommit[], through: number): void {
    const { core, replica } = this.#room;
    if (this.#hasEnded) return;
    this.#tries = 0;
    // Nothing new is told before the first failure too.
    if (commits.length > 0) this.#isReported = false;
    this.#room.recover();
    this.#room.heard.upTo(through);
    // Most often its own, which the answer has told already.
    if (through <= this.#room.state.applied) return;
    try {
      this.#room.call((now) => {
        for (const commit of commits) {
          const own = commit.replica === replica ? commit.counter : 0;
          const length = core.exchange.writeValue(commit.operations);
          const answer = core.run(() => core.raw.receive(commit.number, commit.time, own, length, now));
          if (answer === failed) return answer;
        }
        return core.run(() => core.raw.receivedThrough(through, now));
      });
    } catch (error) {
      // It would be missing beneath all that comes later. What it came to is loaded.
      this.#room.fail(error);
      this.#following?.stop();
      void this.#reload();
    }
  }

  /** What may pass by itself shows in the status; what somebody has to mend is told too, once, for until then reads are of the past. */
  #trouble(error: unknown): void {
    this.#room.health.trouble(error);
    const mayPass = !(error instanceof HoldallError) || error.code === "UNAVAILABLE" || error.code === "ENGINE_FAILED";
    if (mayPass || this.#isReported) return;
    this.#isReported = true;
    const { core } = this.#room;
    queueMicrotask(() => core.onError?.(error));
  }

  async #followAgain(error: unknown): Promise<void> {
    if (isClosed(error)) return this.#room.end(error);
    this.#trouble(error);
    await this.#room.pause(this.#tries++);
    this.follow();
  }

  async #reload(): Promise<void> {
    const { core, store, attachment } = this.#room;
    for (let tries = 0; !this.#hasEnded; tries++) {
      try {
        const loaded = await load(store, core.engine, attachment.scope);
        const { head, raw: fresh } = loaded;
        if (this.#hasEnded) {
          fresh.free();
          return;
        }
        this.#isReported = false;
        this.#room.recover();
        const isOther = this.#room.heard.isReplaced(head, this.#room.collect().applied);
        this.#room.heard.upTo(head.number);
        beginAt(core.hub, loaded, isOther);
        if (isOther) this.#room.call((now) => core.run(() => core.raw.forgetNumbers(now)));
        this.#room.call((now) => core.run(() => core.raw.reload(fresh, head.number, now)));
        break;
      } catch (error) {
        if (this.#hasEnded) return;
        if (isClosed(error)) return this.#room.end(error);
        this.#trouble(error);
        await this.#room.pause(tries);
      }
    }
    this.follow();
  }
}
