/**
 * The engine in WebAssembly: the only importer of `pkg/`. All entries of the package share one
 * instance, which the first store compiles; the first backed store puts one that has replicas in its place, for all later stores.
 *
 * @module
 */

import { createGlue, type Glue, type RawListing, type RawMerge, type RawStore } from "../pkg/holdall.js";
import { HoldallError } from "./errors.js";

export type { RawListing, RawMerge, RawStore };

/** Where the engine's code comes from: bytes of the wasm file, or a module that was compiled elsewhere. */
export type EngineSource = () => BufferSource | WebAssembly.Module;

/** What a call answers when there is nothing under the key. */
export const missing = -1;
/** What a call answers when it has been refused; `takeFault` tells why. Anything below zero and neither of both: there is more to tell. */
export const failed = -3;

/** One running engine. */
export interface Engine extends Glue {
  /** Whether its stores can be replicas. The engine that plain stores carry with them has none. */
  readonly hasReplicas: boolean;
  /** Why it is not to be used any more: it trapped, and what it holds cannot be trusted. */
  failure: HoldallError | undefined;
}

/** The hottest calls, whose callers see to their failures themselves: a guard around them would be a tenth of a read. */
const unguarded = /^rawstore_(?:get|peek|set)$/;

/** Memory grows by pages of so many bytes. */
const pageBytes = 65_536;

/** How the glue keeps where an object of the engine lies. */
interface WrappedPointer {
  readonly __wbg_ptr: number;
}

let compiled: WebAssembly.Module | undefined;
let running: Engine | undefined;

/**
 * The engine that runs. The first call compiles what `source` gives; where the engine has failed, a new instance of it is made, which knows
 * nothing of the stores of the old one. Throws `ENGINE_UNAVAILABLE` where the platform forbids or fails that.
 */
export function startEngine(source: EngineSource): Engine {
  if (running === undefined || running.failure !== undefined) {
    compiled ??= compileFrom(source);
    running = instantiate(compiled);
  }
  return running;
}

/** As `startEngine`, for stores that are replicas: where the engine that runs has none, one that has takes its place for all later stores. */
export function startReplicaEngine(source: EngineSource): Engine {
  if (running?.hasReplicas && running.failure === undefined) return running;
  if (compiled === undefined || !hasReplicas(compiled)) compiled = compileFrom(source);
  running = instantiate(compiled);
  return running;
}

/** Who hears when an engine stops. */
const witnesses = /* @__PURE__ */ new WeakMap<Engine, Set<() => void>>();

/** Calls back when an engine fails, in the midst of the call that it fails in; returns what forgets that. Not to be asked of one that has failed. */
export function whenStopped(engine: Engine, hear: () => void): () => void {
  const known = witnesses.get(engine);
  const hearers = known ?? new Set();
  hearers.add(hear);
  if (known === undefined) {
    witnesses.set(engine, hearers);
    const { stop } = engine;
    engine.stop = (refuse) => {
      stop(refuse);
      for (const each of [...hearers]) each();
    };
  }
  return () => hearers.delete(hear);
}

/**
 * A copy of an engine that has failed, and in it one of its stores, to look at what that held. It may hold anything, and may fail again. To be
 * stopped when that is done.
 */
export function remainsOf(engine: Engine, raw: RawStore): { readonly engine: Engine; readonly raw: RawStore } {
  const copy = instantiate(compiled as WebAssembly.Module);
  const [from, to] = [engine.memory, copy.memory];
  to.grow(Math.max(0, (from.buffer.byteLength - to.buffer.byteLength) / pageBytes));
  new Uint8Array(to.buffer).set(new Uint8Array(from.buffer));
  const { __wbg_ptr: pointer } = raw as unknown as WrappedPointer;
  // The store may have been borrowed by the call that failed. Rust counts that in the first word of a `RefCell`, since what it holds has to come last.
  new Uint32Array(to.buffer)[pointer / Uint32Array.BYTES_PER_ELEMENT] = 0;
  return { engine: copy, raw: Object.assign(Object.create(copy.RawStore.prototype), { __wbg_ptr: pointer } satisfies WrappedPointer) };
}

function hasReplicas(module: WebAssembly.Module): boolean {
  return WebAssembly.Module.exports(module).some(({ name }) => name === "rawstore_attach");
}

function compileFrom(source: EngineSource): WebAssembly.Module {
  return available(() => compile(source()));
}

function instantiate(module: WebAssembly.Module): Engine {
  return available(() => {
    const glue = createGlue(module, (exports) => guarded(exports, (error) => fail(engine, error)));
    const engine: Engine = { ...glue, hasReplicas: hasReplicas(module), failure: undefined };
    return engine;
  });
}

/** Does what the platform may forbid. */
function available<T>(start: () => T): T {
  try {
    return start();
  } catch (cause) {
    if (cause instanceof HoldallError) throw cause;
    throw new HoldallError("ENGINE_UNAVAILABLE", "The engine cannot be started here; a page's policy must allow 'wasm-unsafe-eval'", {
      cause,
    });
  }
}

function compile(source: BufferSource | WebAssembly.Module): WebAssembly.Module {
  return source instanceof WebAssembly.Module ? source : new WebAssembly.Module(source);
}

/** The exports of an instance, such that what one of them throws is told first, whoever called it and wherever from. */
function guarded(exports: WebAssembly.Exports, tell: (error: unknown) => never): WebAssembly.Exports {
  const calls: WebAssembly.Exports = {};
  for (const [name, item] of Object.entries(exports)) {
    const watched = (...args: unknown[]) => {
      try {
        return (item as CallableFunction)(...args);
      } catch (error) {
        tell(error);
      }
    };
    calls[name] = typeof item === "function" && !unguarded.test(name) ? watched : item;
  }
  // V8 looks up what is added by computed names in a table, at each call; what is a prototype it knows by heart.
  return Object.create(calls);
}

/**
 * Rethrows what a call into the engine threw, as `ENGINE_FAILED`, from now on for all stores of this engine: whether it trapped or the stack
 * ended in the middle of a call, what it holds cannot be trusted.
 */
export function rethrowFrom(engine: Engine, error: unknown): never {
  if (error instanceof HoldallError) throw error;
  fail(engine, error);
}

function fail(engine: Engine, cause: unknown): never {
  if (engine.failure === undefined) {
    const failure = new HoldallError("ENGINE_FAILED", "The engine stopped at an internal error; its stores cannot be used any more", {
      cause,
    });
    engine.failure = failure;
    engine.stop(() => {
      throw failure;
    });
  }
  throw engine.failure;
}
