/**
 * The history of a store: its latest commits as the engine told them, for feeds that read on from a cursor.
 *
 * What always holds: every commit since the floor is there, in order; what is older is gone. Keeping one costs no copy.
 *
 * @module
 */

import { HoldallError } from "../errors.js";
import type { RawCommit } from "./records.js";
import type { StoreOptions } from "./types/index.js";

/** How much a history keeps. */
export type HistoryBounds = StoreOptions["history"];

/** Who waits for the next commit. */
export interface Follower {
  /** There is one more. */
  follow(): void;
  /** There will be no more. */
  end(reason: HoldallError): void;
}

/** Names a version of a store. */
export function cursorAt(name: string, version: number): string {
  return `${name}.${version.toString(36)}`;
}

/** The version that a cursor names; `undefined` when it is none of this store's. */
export function versionAt(name: string, cursor: string): number | undefined {
  const version = Number.parseInt(cursor.slice(name.length + 1), 36);
  return cursorAt(name, version) === cursor ? version : undefined;
}

/** The latest commits of one store. */
export class History {
  readonly #name: string;
  readonly #maxCommits: number;
  readonly #maxBytes: number;
  /** The commits, oldest first; what stands before `#first` is gone. */
  readonly #commits: (RawCommit | undefined)[] = [];
  #first = 0;
  #bytes = 0;
  /** The number of the last commit that is not here any more, or was not recorded. */
  #floor: number;
  /** Those who wait for the next commit; they hear of it before it may go. */
  readonly waiting = new Set<Follower>();

  constructor({ maxCommits = 10_000, maxBytes = 8 * 2 ** 20 }: HistoryBounds = {}, version: number, name: string) {
    this.#name = name;
    this.#maxCommits = maxCommits;
    this.#maxBytes = maxBytes;
    this.#floor = version;
  }

  /** Keeps a commit, and tells those who wait for it. */
  append(commit: RawCommit): void {
    // Not a copy: a buffer for each commit costs more than what else was told with it, which is little.
    this.#commits.push(commit);
    this.#bytes += commit.bytes.length;
    for (const follower of this.waiting) follower.follow();
    while (this.#commits.length - this.#first > this.#maxCommits || this.#bytes > this.#maxBytes) this.#forget();
    if (this.#first > this.#commits.length / 2) {
      this.#commits.splice(0, this.#first);
      this.#first = 0;
    }
  }

  /**
   * The first commit after a version; `undefined` while there is none.
   *
   * @throws `CURSOR_TOO_OLD` when it may be gone.
   */
  after(version: number): RawCommit | undefined {
    if (version < this.#floor) throw new HoldallError("CURSOR_TOO_OLD", "The history no longer reaches back to this cursor");
    let low = this.#first;
    let high = this.#commits.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#commits[middle] as RawCommit).version > version) high = middle;
      else low = middle + 1;
    }
    return this.#commits[low];
  }

  /** Names a version of this store. */
  cursorAt(version: number): string {
    return cursorAt(this.#name, version);
  }

  /** The version that a cursor names; `undefined` when it is none of this store's. */
  versionAt(cursor: string): number | undefined {
    return versionAt(this.#name, cursor);
  }

  /** Begins anew behind a version: what led there is not known. */
  restart(version: number): void {
    this.#commits.length = 0;
    this.#first = 0;
    this.#bytes = 0;
    this.#floor = version;
    for (const follower of [...this.waiting]) follower.follow();
  }

  /** Tells those who wait that it is over. */
  close(reason: HoldallError): void {
    for (const follower of this.waiting) follower.end(reason);
    this.waiting.clear();
  }

  #forget(): void {
    const oldest = this.#commits[this.#first] as RawCommit;
    this.#commits[this.#first] = undefined;
    this.#first += 1;
    this.#bytes -= oldest.bytes.length;
    this.#floor = oldest.version;
  }
}
