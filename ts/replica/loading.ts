/**
 * The engine's side of a replica: a store that is filled with what the backend holds, and made a replica then.
 *
 * @module
 */

import type { BackendStore, Head, Loading } from "../backends/backend.js";
import { type Engine, failed, type RawStore, rethrowFrom } from "../engine.js";
import { ttlNever } from "../store/arguments.js";
import { wholeStore } from "../store/exchange.js";
import { exchangeOf } from "../store/factory.js";
import { outOfMemory, refusalOf } from "../store/faults.js";
import type { Milliseconds } from "../store/types/index.js";

/** What makes a store of an engine a replica. */
export interface Attachment {
  /** The backend's prefix of what is held. */
  readonly scope: string;
  /** The time to live of writes that give none, as the engine takes it. */
  readonly defaultTtl: number;
  readonly maxCommitBytes: number;
  readonly maxBacklogBytes: number;
  /** Removals of what has expired are asked for after so long. */
  readonly sweepDelay: Milliseconds;
}

/** Makes a store a replica of what was loaded into it, up to a number. */
export function attach(raw: RawStore, attachment: Attachment, number: number): void {
  const { scope, defaultTtl, maxCommitBytes, maxBacklogBytes, sweepDelay } = attachment;
  raw.attach(scope, defaultTtl, maxCommitBytes, maxBacklogBytes, sweepDelay, number);
}

/** What a backend holds, in a store of an engine. */
export interface Loaded {
  readonly raw: RawStore;
  /** How far the backend's store was before it was read. */
  readonly head: Head;
  /** How far it was behind that: what was committed meanwhile is in it, or is not. */
  readonly through: number;
}

/** Loads what a backend holds into a store of an engine. */
export async function load(store: BackendStore, engine: Engine, scope: string): Promise<Loaded> {
  const { head, parts } = await store.load();
  const raw = await storeOf(engine, scope, parts);
  try {
    const { id, number } = await store.head();
    return { raw, head, through: id === head.id ? Math.max(number, head.number) : head.number };
  } catch (error) {
    raw.free();
    throw error;
  }
}

/** A store of an engine with the entries of a loading in it. */
async function storeOf(engine: Engine, scope: string, parts: Loading["parts"]): Promise<RawStore> {
  const raw = emptyStore(engine);
  try {
    for await (const part of parts) install(engine, raw, scope, part);
    return raw;
  } catch (error) {
    raw.free();
    throw error;
  }
}

/** A store of an engine for entries to be put into. */
export function emptyStore(engine: Engine): RawStore {
  const create = () => engine.RawStore.create(Math.floor(Math.random() * 2 ** 32), ttlNever, undefined, undefined, false);
  const raw = run(engine, create);
  if (raw === undefined) throw outOfMemory();
  return raw;
}

function install(engine: Engine, raw: RawStore, scope: string, part: Uint8Array): void {
  const length = exchangeOf(engine).writeValue(part);
  if (run(engine, () => raw.install(scope, length)) === failed) throw refusalOf(engine.takeFault(), wholeStore, undefined);
}

function run<T>(engine: Engine, call: () => T): T {
  try {
    return call();
  } catch (error) {
    return rethrowFrom(engine, error);
  }
}
