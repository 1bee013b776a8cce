/**
 * The records of a run's nodes as they are, kept up by the changes that the store tells: a look at a run reads none of them again.
 *
 * @module
 */
import type { Commit, Reader } from "../store/types/index.js";
import { nodeScope, readNodes } from "./layout.js";
import type { NodeRecord } from "./types/index.js";

const prefix = `${nodeScope}:`;

/** The node records of one run. */
export class Records {
  /** By instance. */
  readonly all: ReadonlyMap<string, NodeRecord>;
  readonly #all: Map<string, NodeRecord>;

  /** Reads them. From then on every commit of the run has to be told. */
  constructor(run: Reader) {
    this.#all = readNodes(run);
    this.all = this.#all;
  }

  /** Takes in what a commit changed; returns the records that it set. */
  hear({ changes }: Commit): NodeRecord[] {
    const set: NodeRecord[] = [];
    for (const { key, value } of changes) {
      if (!key.startsWith(prefix)) continue;
      const instance = key.slice(prefix.length);
      if (value === undefined) this.#all.delete(instance);
      else {
        this.#all.set(instance, value as unknown as NodeRecord);
        set.push(value as unknown as NodeRecord);
      }
    }
    return set;
  }
}
