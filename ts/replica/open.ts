/**
 * Opens backed stores.
 *
 * @module
 */

import type { Backend, BackendStore } from "../backends/backend.js";
import { randomId } from "../backends/random-id.js";
import { type Engine, type EngineSource, startReplicaEngine } from "../engine.js";
import { HoldallError, HoldallTypeError } from "../errors.js";
import { checkBounds, checkCount, checkOptions, ttlNumber, typeOf } from "../store/arguments.js";
import { systemClock } from "../store/clock.js";
import { Core } from "../store/core.js";
import { wholeStore } from "../store/exchange.js";
import { checkStoreOptions, defaultMemoBytes, exchangeOf } from "../store/factory.js";
import { checkText } from "../store/metadata.js";
import { checkTtl } from "./capabilities.js";
import { beginAt } from "./cursors.js";
import { Driver } from "./driver.js";
import { attach, load } from "./loading.js";
import { LocalTime } from "./local-time.js";
import { checkBackend, type RemovalOptions, removeFrom } from "./removal.js";
import type { BackedStore, OpenOptions } from "./types.js";
import { BackedView } from "./view.js";

const defaultBacklogBytes = 64 * 2 ** 20;

/** Removals of what has expired are asked for after so many milliseconds at least, and as many more at most. */
const shortestSweepDelay = 100;

/** Opens a backed store on an engine from a source. */
export async function open(source: EngineSource, options: OpenOptions): Promise<BackedStore> {
  checkOpenOptions(options);
  const { backend, name = "default", clock: base = systemClock, defaultTtl = null, maxEntries, maxBytes, memo } = options;
  const { maxBacklogBytes = defaultBacklogBytes } = options;
  const { capabilities } = backend;
  checkTtl(capabilities, defaultTtl);
  const limits = maxEntries === undefined && maxBytes === undefined ? undefined : { maxEntries, maxBytes };
  if (limits !== undefined && !capabilities.limits) throw notSupported(backend, "holds no limits");
  if (name !== "default" && !capabilities.names) throw notSupported(backend, "holds one store only");
  if (options.scope !== undefined && !capabilities.scopes) throw notSupported(backend, "holds whole stores only");
  const engine = startReplicaEngine(source);
  const span = ttlNumber(engine, defaultTtl, "defaultTtl");
  const scope = scopeOf(engine, options.scope);
  const replica = randomId();
  const store = await backend.open({ name, scope, replica, limits });
  try {
    return await begin(store);
  } catch (error) {
    await store.close();
    throw error;
  }

  async function begin(opened: BackendStore): Promise<BackedStore> {
    const loaded = await load(opened, engine, scope);
    const { head, raw } = loaded;
    const time = new LocalTime(base);
    time.offset = head.time - base.now();
    const core = new Core(
      {
        engine,
        exchange: exchangeOf(engine),
        raw,
        clock: time,
        memoBytes: memo === false ? 0 : (memo?.maxBytes ?? defaultMemoBytes),
        hasDefaultTtl: span > 0,
        evicts: false,
        isBounded: false,
        since: 0,
        isAside: false,
        isReplica: true,
      },
      { onError: options.onError, history: options.history },
    );
    try {
      const sweepDelay = shortestSweepDelay * (1 + Math.random());
      const attachment = { scope, defaultTtl: span, maxCommitBytes: capabilities.maxCommitBytes, maxBacklogBytes, sweepDelay };
      attach(raw, attachment, head.number);
      beginAt(core.hub, loaded, false);
      core.expectDeadlines();
      const { durability } = capabilities;
      const driver = new Driver({ core, source, store: opened, attachment, durability, replica, time, clock: base });
      driver.start();
      // What was committed while it was loaded may be there in part.
      await driver.applied(loaded.through);
      const remove = async ({ ifEmpty }: RemovalOptions): Promise<boolean> => {
        if (scope !== "") throw notSupported(backend, "removes whole stores only: clear a scope");
        // Behind that, this replica makes no store any more; and which it had last is known.
        await driver.close();
        return removeFrom(backend, { name, id: opened.header.id, ifEmpty });
      };
      return new BackedView(core, wholeStore, { driver, capabilities, remove });
    } catch (error) {
      core.dispose();
      throw error;
    }
  }
}

/** The prefix of a scope's name. */
function scopeOf(engine: Engine, name: string | undefined): string {
  const prefix = name === undefined ? "" : engine.scopePrefix(name);
  if (prefix === undefined) throw new HoldallTypeError('scope must not be empty, and no part of it may begin with "~"');
  return prefix;
}

function notSupported({ kind }: Backend, what: string): HoldallError {
  return new HoldallError("NOT_SUPPORTED", `The backend "${kind}" ${what}`);
}

function checkOpenOptions(options: OpenOptions): void {
  if (typeof options !== "object" || options === null) throw new HoldallTypeError(`options must be an object, not ${typeOf(options)}`);
  checkOptions(options);
  const { policy } = options as { readonly policy?: unknown };
  if (policy !== undefined && policy !== "reject") {
    throw new HoldallError("NOT_SUPPORTED", "A backed store evicts nothing: that would delete for everyone. Its policy is reject");
  }
  checkStoreOptions({ ...options, policy: "reject" });
  checkBounds(options);
  const { backend, name, scope, maxBacklogBytes } = options;
  checkBackend(backend);
  if (name !== undefined) checkText("name", name);
  if (name === "") throw new HoldallTypeError("name must not be empty");
  if (scope !== undefined) checkText("scope", scope);
  checkCount("maxBacklogBytes", maxBacklogBytes, 1);
}
