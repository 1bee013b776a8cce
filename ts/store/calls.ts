/**
 * How the engine is called: what a call is made with, and how one that is refused, or that the engine does not survive, becomes an error.
 *
 * @module
 */

import { type Engine, failed, type RawStore, rethrowFrom } from "../engine.js";
import type { Exchange, Prefix } from "./exchange.js";
import { outOfMemory, refusalOf } from "./faults.js";
import type { CoreParts } from "./parts.js";

/** What calls the engine. A core is one itself, and holds none, since each call would pass one object more. */
export class Calls {
  // Where the engine of a replica has failed, all four are replaced (`ts/replica/renewal.ts`), and nowhere else.
  readonly engine: Engine;
  readonly exchange: Exchange;
  readonly raw: RawStore;
  /** What it was made of. */
  readonly parts: CoreParts;

  constructor(parts: CoreParts) {
    this.engine = parts.engine;
    this.exchange = parts.exchange;
    this.raw = parts.raw;
    this.parts = parts;
  }

  /** Throws where the engine has stopped: not even the memo answers then, since what it holds may have changed. */
  checkEngine(): void {
    if (this.engine.failure !== undefined) throw this.engine.failure;
  }

  /** What the engine answered; throws why it refused, where it did. */
  check(answer: number, prefix: Prefix, key?: string): number {
    if (answer === failed) this.refuse(prefix, key);
    return answer;
  }

  /** Calls the engine for something that it makes; throws why it made nothing. */
  make<T>(prefix: Prefix, call: () => T | undefined): T {
    const made = this.run(call);
    if (made === undefined) this.refuse(prefix, undefined);
    return made;
  }

  /** Asks for the memory that texts take on their way to the engine by the glue, which would trap where there is none. */
  reserve(...texts: readonly string[]): void {
    const room = texts.reduce((sum, text) => sum + text.length * 8, 0);
    if (!this.run(() => this.engine.hasRoom(room))) throw outOfMemory();
  }

  /** Calls the engine. */
  run<T>(call: () => T): T {
    try {
      return call();
    } catch (error) {
      return rethrowFrom(this.engine, error);
    }
  }

  /** Throws why the engine refused. */
  refuse(prefix: Prefix, key: string | undefined): never {
    throw refusalOf(this.engine.takeFault(), prefix, key);
  }
}
