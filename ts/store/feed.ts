/**
 * Feeds: async iterators over the commits that change something in a view, read from the store's history.
 *
 * A feed holds nothing but the number of the last commit that it has passed, so any number of slow ones cost no memory. It decodes what it
 * gives, when it gives it; the values are its caller's own.
 *
 * @module
 */

import { HoldallTypeError } from "../errors.js";
import { checkOptions, checkString } from "./arguments.js";
import type { Core } from "./core.js";
import type { Prefix } from "./exchange.js";
import type { Follower, History } from "./history.js";
import { changesIn } from "./records.js";
import { commitFor } from "./telling.js";
import type { ChangeFeed, ChangesOptions, RecordedCommit } from "./types/index.js";
import { coreOf, prefixWithin, type StoreView } from "./view.js";

type Result = IteratorResult<RecordedCommit, undefined>;

/** Who has asked for a commit that is not there yet. */
interface Waiter {
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}

const done = { done: true, value: undefined } as const;

/** The commits of a view from now on, or on from a cursor. */
export function changes(view: StoreView, options: ChangesOptions = {}): ChangeFeed {
  const core = coreOf(view);
  core.begin();
  checkOptions(options);
  const { since } = options;
  const now = core.version;
  if (since === undefined) return new Feed(core, core.record(), prefixWithin(view), now);
  checkString("since", since);
  const version = core.hub.numberAt(since);
  // Another replica may be ahead of this one.
  if (version === undefined || (version > now && !core.parts.isReplica)) throw new HoldallTypeError("since must be a cursor of this store");
  return new Feed(core, core.record(), prefixWithin(view), version < core.hub.loadedThrough ? tooOld : version);
}

/** A version that no history reaches back to. */
const tooOld = -1;

class Feed implements ChangeFeed {
  readonly #core: Core;
  readonly #history: History;
  readonly #prefix: Prefix;
  /** The last commit that it has passed. */
  #version: number;
  #waiters: Waiter[] = [];
  #isEnded = false;
  /** What the history knows of it while somebody waits; not within the reach of who holds the feed. */
  readonly #follower: Follower = { follow: () => this.#follow(), end: (reason) => this.#reject(reason) };

  constructor(core: Core, history: History, prefix: Prefix, version: number) {
    this.#core = core;
    this.#history = history;
    this.#prefix = prefix;
    this.#version = version;
  }

  get cursor(): string {
    return this.#history.cursorAt(this.#version);
  }

  next(): Promise<Result> {
    return new Promise((resolve, reject) => {
      if (this.#isEnded) {
        resolve(done);
        return;
      }
      // What is due expires first, as a commit that is given too.
      this.#core.begin();
      this.#waiters.push({ resolve, reject });
      this.#follow();
    });
  }

  return(): Promise<IteratorReturnResult<undefined>> {
    this.#isEnded = true;
    this.#wait("delete");
    for (const { resolve } of this.#waiters.splice(0)) resolve(done);
    return Promise.resolve(done);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** Gives those who wait what there is for them. */
  #follow(): void {
    try {
      while (this.#waiters.length > 0) {
        const commit = this.#history.after(this.#version);
        if (commit === undefined) {
          this.#wait("add");
          return;
        }
        const found = changesIn(commit, this.#prefix.bytes);
        this.#version = commit.version;
        if (found.length === 0) continue;
        const value = { ...commitFor(this.#prefix.text, commit, found), cursor: this.cursor };
        this.#waiters.shift()?.resolve({ done: false, value });
      }
    } catch (error) {
      this.#reject(error);
    }
    this.#wait("delete");
  }

  /** Begins to wait, or ends. */
  #wait(change: "add" | "delete"): void {
    this.#history.waiting[change](this.#follower);
    this.#core.hub.count();
  }

  /** Tells those who wait why there is nothing for them. */
  #reject(reason: unknown): void {
    for (const { reject } of this.#waiters.splice(0)) reject(reason);
  }
}
