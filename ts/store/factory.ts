/**
 * Makes `createStore` for a platform.
 *
 * @module
 */

import { type Engine, type EngineSource, startEngine } from "../engine.js";
import { HoldallRangeError, HoldallTypeError } from "../errors.js";
import { checkBounds, checkCount, checkFunction, checkOptions, ttlNumber, typeOf } from "./arguments.js";
import { systemClock } from "./clock.js";
import { Core } from "./core.js";
import { Exchange, wholeStore } from "./exchange.js";
import { PlainStore } from "./store.js";
import type { Clock, Store, StoreOptions } from "./types/index.js";

/** What the memo of a store holds by default. */
export const defaultMemoBytes = 32 * 2 ** 20;

/**
 * Makes a plain store: in memory, everything synchronous. The first one compiles the engine, which takes some milliseconds.
 *
 * @throws `INVALID_ARGUMENT` or `OUT_OF_RANGE` for options, naming the one, `ENGINE_UNAVAILABLE` where WebAssembly cannot be compiled.
 *
 * @example
 * ```ts
 * import { createStore } from "holdall";
 *
 * const store = createStore({ defaultTtl: "1h" });
 * const users = store.scope("user");
 * users.set("1", { name: "Ada" });
 * users.get("1"); // { name: "Ada" }
 * ```
 */
export type CreateStore = (options?: StoreOptions) => Store;

const exchanges = /* @__PURE__ */ new WeakMap<Engine, Exchange>();

/** The exchange area of an engine. */
export function exchangeOf(engine: Engine): Exchange {
  const exchange = exchanges.get(engine) ?? new Exchange(engine);
  exchanges.set(engine, exchange);
  return exchange;
}

/** Makes `createStore` on an engine from a source. */
export function storeFactory(source: EngineSource): CreateStore {
  return (options = {}) => {
    checkStoreOptions(options);
    const { clock = systemClock, defaultTtl = null, maxEntries, maxBytes, policy = "lru", memo } = options;
    const engine = startEngine(source);
    const span = ttlNumber(engine, defaultTtl, "defaultTtl");
    const raw = engine.RawStore.create(seed(), span, maxEntries, maxBytes, policy === "reject");
    if (raw === undefined) throw new HoldallRangeError("maxEntries and maxBytes must be positive");
    const isBounded = maxEntries !== undefined || maxBytes !== undefined;
    const parts = {
      engine,
      exchange: exchangeOf(engine),
      raw,
      clock,
      memoBytes: memo === false ? 0 : (memo?.maxBytes ?? defaultMemoBytes),
      hasDefaultTtl: span > 0,
      evicts: policy === "lru",
      isBounded,
      since: 0,
      isAside: false,
      isReplica: false,
    };
    return new PlainStore(new Core(parts, options), wholeStore);
  };
}

function seed(): number {
  return Math.floor(Math.random() * 2 ** 32);
}

/** Checks the options of a store. */
export function checkStoreOptions(options: StoreOptions): void {
  checkOptions(options);
  checkBounds(options);
  const { clock, history, memo, onError, onEvict, policy } = options;
  if (policy !== undefined && policy !== "lru" && policy !== "reject") throw new HoldallTypeError('policy must be "lru" or "reject"');
  if (onEvict !== undefined) checkFunction("onEvict", onEvict);
  if (onError !== undefined) checkFunction("onError", onError);
  if (clock !== undefined) checkClock(clock);
  if (history !== undefined) {
    if (typeof history !== "object" || history === null) throw new HoldallTypeError(`history must be an object, not ${typeOf(history)}`);
    checkCount("history.maxCommits", history.maxCommits, 1);
    checkCount("history.maxBytes", history.maxBytes, 1);
  }
  if (memo !== undefined && memo !== false) {
    if (typeof memo !== "object" || memo === null) throw new HoldallTypeError(`memo must be false or an object, not ${typeOf(memo)}`);
    const { maxBytes } = memo;
    if (typeof maxBytes !== "number") throw new HoldallTypeError(`memo.maxBytes must be a number, not ${typeOf(maxBytes)}`);
    if (!(maxBytes >= 0)) throw new HoldallRangeError("memo.maxBytes must be a number from 0 on");
  }
}

function checkClock(clock: Clock): void {
  for (const method of ["now", "setTimer", "clearTimer"] as const) checkFunction(`clock.${method}`, clock?.[method]);
}
