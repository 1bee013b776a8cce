/**
 * The engine in WebAssembly: the only importer of `pkg/`. All entries of the package share one instance, which the first store compiles.
 *
 * @module
 */

import {
  initSync,
  isolatePrefix,
  keyArea,
  keyRoom,
  parseTtl,
  type RawListing,
  RawMerge,
  RawStore,
  resultBlock,
  scopePrefix,
  takeFault,
  valueArea,
  valueRoom,
} from "../pkg/holdall.js";
import { HoldallError } from "./errors.js";

export type { RawListing, RawMerge, RawStore };

/** Where the engine's code comes from: bytes of the wasm file, or a module that was compiled elsewhere. */
export type EngineSource = () => BufferSource | WebAssembly.Module;

/** What a call answers when there is nothing under the key. */
export const missing = -1;
/** What a call answers when it has been refused; `takeFault` tells why. Anything below zero and neither of both: there is more to tell. */
export const failed = -3;

/** One running engine. */
export interface Engine {
  readonly memory: WebAssembly.Memory;
  readonly createRawMerge: typeof RawMerge.create;
  readonly createRawStore: typeof RawStore.create;
  readonly isolatePrefix: typeof isolatePrefix;
  readonly keyArea: typeof keyArea;
  readonly keyRoom: typeof keyRoom;
  readonly parseTtl: typeof parseTtl;
  readonly resultBlock: typeof resultBlock;
  readonly scopePrefix: typeof scopePrefix;
  readonly takeFault: typeof takeFault;
  readonly valueArea: typeof valueArea;
  readonly valueRoom: typeof valueRoom;
  /** Why it is not to be used any more: it trapped, and what it holds cannot be trusted. */
  failure: HoldallError | undefined;
}

let running: Engine | undefined;

/** The engine; the first call compiles what `source` gives. Throws `ENGINE_UNAVAILABLE` where the platform forbids or fails that. */
export function startEngine(source: EngineSource): Engine {
  running ??= instantiate(source);
  return running;
}

function instantiate(source: EngineSource): Engine {
  try {
    const { memory } = initSync({ module: source() });
    const makers = { createRawMerge: RawMerge.create, createRawStore: RawStore.create };
    const areas = { keyArea, keyRoom, resultBlock, valueArea, valueRoom };
    return { memory, ...makers, isolatePrefix, parseTtl, scopePrefix, takeFault, ...areas, failure: undefined };
  } catch (cause) {
    if (cause instanceof HoldallError) throw cause;
    throw new HoldallError("ENGINE_UNAVAILABLE", "The engine cannot be started here; a page's policy must allow 'wasm-unsafe-eval'", {
      cause,
    });
  }
}

/**
 * Rethrows what a call into the engine threw, as `ENGINE_FAILED`, from now on for all stores of this engine: whether it trapped or the stack
 * ended in the middle of a call, what it holds cannot be trusted.
 */
export function rethrowFrom(engine: Engine, error: unknown): never {
  if (!(error instanceof HoldallError)) {
    engine.failure = new HoldallError("ENGINE_FAILED", "The engine stopped at an internal error; its stores cannot be used any more", {
      cause: error,
    });
    throw engine.failure;
  }
  throw error;
}
