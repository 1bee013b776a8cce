/**
 * The options of a runner, checked, and the place that they make.
 *
 * @module
 */

import { platformClock } from "../clock.js";
import { HoldallRangeError, HoldallTypeError } from "../errors.js";
import { reportTo } from "../faces/callbacks.js";
import { checkCount, checkNumber, checkObject, checkTexts, checkTtl } from "./arguments.js";
import { catchingUp, committing, committingBoth } from "./committing.js";
import { type Home, SharedHome } from "./home.js";
import { checkName, keptScope } from "./layout.js";
import { Lease } from "./lease.js";
import { randomName } from "./names.js";
import { OwnHome } from "./own-home.js";
import type { Place } from "./place.js";
import { checkRetry } from "./retry.js";
import { Slots } from "./slots.js";
import { longestSpan } from "./timer.js";
import type { Retention, RunnerOptions } from "./types/index.js";

/** Checks options, and makes the place that a runner works at. */
export function placeOf(options: RunnerOptions): Place {
  if (typeof options !== "object" || options === null) throw new HoldallTypeError("options must be an object");
  const {
    store,
    nodes,
    shared,
    concurrency = 8,
    retry = {},
    timeout,
    lease = 30_000,
    retention = {},
    onError,
    clock = platformClock,
    random = Math.random,
  } = options;
  const worker = options.worker ?? randomName();
  if (typeof store?.transaction !== "function" || typeof store.reader !== "function")
    throw new HoldallTypeError("store must be a Holdall store");
  if (typeof nodes !== "object" || nodes === null) throw new HoldallTypeError("nodes must be an object of node code by name");
  for (const [name, code] of Object.entries(nodes)) checkNode(`nodes.${name}`, code);
  checkName("worker", worker);
  if (shared !== undefined) checkName("shared", shared);
  if (["run", "graph", "worker", keptScope].includes(shared ?? ""))
    throw new HoldallTypeError(`shared cannot be ${JSON.stringify(shared)}, where runs are kept`);
  checkCount("concurrency", concurrency, 1);
  checkRetry(retry, "retry");
  checkTimeout("timeout", timeout);
  checkTimeout("lease", lease);
  checkObject("retention", retention);
  for (const part of ["store", "completed", "failed"] as const) checkTtl(`retention.${part}`, retention[part]);
  if (onError !== undefined && typeof onError !== "function") throw new HoldallTypeError("onError must be a function");
  if (typeof clock?.setTimer !== "function") throw new HoldallTypeError("clock must be a clock");
  if (typeof random !== "function") throw new HoldallTypeError("random must be a function");
  const reader = store.reader();
  const commit = committing(store);
  return {
    reader,
    commit,
    catchUp: catchingUp(store),
    commitWithShared: committingBoth(commit, shared),
    nodes,
    shared,
    sharedReader: shared === undefined ? undefined : reader.scope(shared),
    worker,
    lease: new Lease(worker, lease, reader, commit, clock),
    slots: new Slots(concurrency),
    retry,
    timeout,
    retention: retentionOf(retention),
    clock,
    random,
    report: reportTo(onError),
  };
}

/** The home of the runs of a place. */
export function homeOf(place: Place, { store, openRun }: RunnerOptions): Home {
  if (openRun === undefined) return new SharedHome(place);
  if (typeof openRun !== "function") throw new HoldallTypeError("openRun must be a function");
  return new OwnHome(place, store, openRun);
}

/** The phases and hooks of a node, and all that it may have. */
const functions: readonly string[] = ["prep", "exec", "post", "onSuccess", "onFailure", "onComplete"];
const known: readonly string[] = [...functions, "requires", "produces", "retry", "timeout"];

function checkNode(path: string, code: unknown): void {
  if (typeof code === "function") return;
  if (typeof code !== "object" || code === null) throw new HoldallTypeError(`${path} must be a function or an object of phases`);
  const phases = code as Record<string, unknown>;
  for (const name of Object.keys(phases)) {
    if (!known.includes(name)) throw new HoldallTypeError(`${path}.${name} is not a phase, a hook or an option of a node`);
  }
  for (const phase of functions) {
    if (phases[phase] !== undefined && typeof phases[phase] !== "function")
      throw new HoldallTypeError(`${path}.${phase} must be a function`);
  }
  for (const keys of ["requires", "produces"]) checkTexts(`${path}.${keys}`, phases[keys]);
  checkRetry(phases.retry as RunnerOptions["retry"], `${path}.retry`);
  checkTimeout(`${path}.timeout`, phases.timeout);
}

function checkTimeout(name: string, span: unknown): void {
  checkNumber(name, span, Number.MIN_VALUE);
  if ((span as number) > longestSpan) throw new HoldallRangeError(`${name} must be at most ${longestSpan} ms`);
}

/** What is left out, or `undefined`, is the default. */
function retentionOf({ store, completed = "1d", failed = "7d" }: Retention): Place["retention"] {
  return { store, completed, failed };
}
