/**
 * The news of a replica: follows the backend's log, and loads anew where the log does not reach back to what is here.
 *
 * @module
 */

import type { BackendStore, Following, LoggedCommit } from "../backends/backend.js";
import { failed, type RawStore } from "../engine.js";
import { ttlNever } from "../store/arguments.js";
import type { Core } from "../store/core.js";
import { wholeStore } from "../store/exchange.js";
import { outOfMemory } from "../store/faults.js";
import type { Timestamp } from "../store/types/index.js";

/** What the news needs of the driver. */
export interface Newsroom {
  readonly core: Core;
  readonly store: BackendStore;
  /** Names the replica at the backend. */
  readonly replica: string;
  /** The backend's prefix of what is held. */
  readonly scope: string;
  /** Whether the replica has ended. */
  readonly hasEnded: boolean;
  /** The last number that is applied. */
  readonly applied: number;
  /** Lets the engine take in what the backend told, and tells what came of it. */
  call(call: (now: Timestamp) => number): void;
  /** The backend is known to have come so far; with `isReset`, no further. */
  know(number: number, isReset?: boolean): void;
  /** Something failed that may pass. */
  trouble(error: unknown): void;
  /** It has passed. */
  recover(): void;
  /** Something failed that will not pass. */
  fail(error: unknown): void;
  /** Resolves after a pause that grows with the tries. */
  pause(tries: number): Promise<void>;
}

/** Follows the log of one store. */
export class News {
  readonly #room: Newsroom;
  #following: Following | undefined;
  /** Tries since the log was last heard. */
  #tries = 0;
  /** The store that is held, by its header's id. */
  #held: string;
  #replacements = 0;

  constructor(room: Newsroom) {
    this.#room = room;
    this.#held = room.store.header.id;
  }

  /** How often the backend's store was found to be another than before. */
  get replacements(): number {
    return this.#replacements;
  }

  /** Looks for news now, where that would be done later. */
  nudge(): void {
    this.#following?.nudge();
  }

  /** Ends it. */
  stop(): void {
    this.#following?.stop();
    this.#following = undefined;
  }

  /** Begins to follow, from what is applied on. */
  follow(): void {
    const { applied, store, hasEnded } = this.#room;
    if (hasEnded) return;
    this.#room.know(applied);
    // Who has ended is not heard any more, whatever a backend tells late.
    let isCurrent = true;
    const following = store.follow(applied, {
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

  #hear(commits: readonly LoggedCommit[], through: number): void {
    const { core, hasEnded, replica } = this.#room;
    if (hasEnded) return;
    this.#tries = 0;
    this.#room.recover();
    this.#room.know(through);
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
      this.#room.fail(error);
    }
  }

  async #followAgain(error: unknown): Promise<void> {
    this.#room.trouble(error);
    await this.#room.pause(this.#tries++);
    this.follow();
  }

  async #reload(): Promise<void> {
    const { core, store, scope } = this.#room;
    for (let tries = 0; !this.#room.hasEnded; tries++) {
      let fresh: RawStore | undefined;
      try {
        const { head, parts } = await store.load();
        fresh = emptyStore(core);
        for await (const part of parts) installPart(core, fresh, scope, part);
        if (this.#room.hasEnded) break;
        const loaded = fresh;
        fresh = undefined;
        this.#room.recover();
        this.#room.know(head.number, true);
        core.hub.history?.restart(head.number);
        if (head.id !== this.#held) {
          this.#held = head.id;
          this.#replacements += 1;
          this.#room.call((now) => core.run(() => core.raw.forgetNumbers(now)));
        }
        this.#room.call((now) => core.run(() => core.raw.reload(loaded, head.number, now)));
        break;
      } catch (error) {
        fresh?.free();
        if (this.#room.hasEnded) return;
        this.#room.trouble(error);
        await this.#room.pause(tries);
      }
    }
    this.follow();
  }
}

/** A store of an engine for entries to be loaded into. */
export function emptyStore({ engine, run }: Pick<Core, "engine" | "run">): RawStore {
  const create = () => engine.RawStore.create(Math.floor(Math.random() * 2 ** 32), ttlNever, undefined, undefined, false);
  const raw = run(create);
  if (raw === undefined) throw outOfMemory();
  return raw;
}

/** Puts a part of a loading into a store. */
export function installPart(core: Core, raw: RawStore, scope: string, part: Uint8Array): void {
  const length = core.exchange.writeValue(part);
  core.check(
    core.run(() => raw.install(scope, length)),
    wholeStore,
  );
}
