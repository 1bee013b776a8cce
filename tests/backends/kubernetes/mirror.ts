/**
 * What the listeners of a store are told, put together. It has to come to what the store shows, and each change has to begin where the one before has ended: so
 * nothing was left out, and nothing was told twice.
 *
 * @module
 */
import { isDeepStrictEqual } from "node:util";
import type { BackedStore, Commit } from "../../../ts/index.js";

/** A store as its listeners know it. */
export class Mirror {
  /** The entries. */
  readonly entries: Map<string, unknown>;
  /** What was told since `forget()`. */
  readonly commits: Commit[] = [];
  /** What should not have been told so. */
  readonly wrong: string[] = [];

  constructor(store: BackedStore) {
    this.entries = new Map(store.entries());
    store.subscribe((commit) => this.#hear(commit));
  }

  /** Begins anew to keep what is told. */
  forget(): void {
    this.commits.length = 0;
  }

  /** How often each key was told of, of those that were. */
  get told(): Map<string, number> {
    const counts = new Map<string, number>();
    for (const { key } of this.commits.flatMap(({ changes }) => changes)) counts.set(key, (counts.get(key) ?? 0) + 1);
    return counts;
  }

  #hear(commit: Commit): void {
    this.commits.push(commit);
    const keys = new Set<string>();
    for (const { key, value, previous, type } of commit.changes) {
      if (keys.has(key)) this.wrong.push(`${key} is told of twice in one commit`);
      keys.add(key);
      if (!isDeepStrictEqual(previous, this.entries.get(key)))
        this.wrong.push(`${key} was ${this.entries.get(key)}, and is told to have been ${previous}`);
      if (isDeepStrictEqual(value, previous)) this.wrong.push(`${key} is told of (${type}) though it stays ${value}`);
      if (value === undefined) this.entries.delete(key);
      else this.entries.set(key, value);
    }
  }
}
