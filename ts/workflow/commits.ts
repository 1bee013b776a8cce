/**
 * What a worker commits for a node that it has: how a try came out, and the hooks behind it. Each is one commit, and conditional on the token
 * in the node's record, so that a worker whose node was taken over changes nothing.
 *
 * @module
 */
import { HoldallError } from "../errors.js";
import type { Milliseconds, StoreWriter, Transaction, Value } from "../store/types/index.js";
import type { Attempt } from "./attempt.js";
import { type Claim, putNode } from "./claim.js";
import { delayScope, nodeScope, outputKey, type RunName, readRun, runView, storeScope } from "./layout.js";
import type { Place } from "./place.js";
import type { Outcome } from "./result.js";
import type { GraphNode } from "./template/graph.js";
import type { HookName, NodePhases, NodeRecord, RecordedError } from "./types/index.js";

/** The lease is lost, or the run goes on no more: what this worker does for the node does not count. */
export class Fenced {
  /** Why. */
  readonly reason: HoldallError;

  constructor(reason: HoldallError) {
    this.reason = reason;
  }
}

/** The part of a transaction that a claim may write to. Throws {@link Fenced}. */
export function fenced(transaction: Transaction, name: RunName, { instance, record }: Claim): { run: Transaction; present: NodeRecord } {
  const run = runView(transaction, name);
  const status = readRun(run)?.status;
  if (status !== "running" && status !== "development") {
    throw new Fenced(new HoldallError("CANCELLED", `Run ${JSON.stringify(name.id)} goes on no more`));
  }
  const present = run.scope(nodeScope).get<NodeRecord>(instance.name) as NodeRecord | undefined;
  if (present?.token !== record.token) {
    throw new Fenced(new HoldallError("LEASE_LOST", `Another worker has taken over node ${JSON.stringify(instance.name)}`));
  }
  return { run, present };
}

/** Writes what a node gave to its run's store, and checks what is there then. */
export function writeOutcome(store: Transaction, { store: given }: Outcome, produces: readonly string[]): void {
  for (const [key, value] of Object.entries(given ?? {})) store.set(key, value as Value);
  if (store.has("")) throw new HoldallError("INVALID_KEY", "A run's store has no empty key", { key: "" });
  const missing = produces.find((key) => !store.has(key));
  if (missing !== undefined) {
    throw new HoldallError("NOT_PRODUCED", `The node did not produce ${JSON.stringify(missing)}, though it says so`, { key: missing });
  }
}

/** All keys that a node says it produces. */
export const produced = (node: GraphNode, { produces = [] }: NodePhases): string[] => [...node.produces, ...produces];

/** Stages that a node has completed or ended its branch: its writes, its outputs and its status. Returns whether it has hooks to run. */
export function complete(
  run: Transaction,
  { instance }: Claim,
  present: NodeRecord,
  outcome: Outcome,
  node: GraphNode,
  phases: NodePhases,
  now: number,
): boolean {
  const { kind, outputs, next } = outcome;
  writeOutcome(run.scope(storeScope), outcome, produced(node, phases));
  run.set(outputKey(instance.name), outputs as Value);
  const { error, ...kept } = present;
  const hooks = hooksOf(phases, "onSuccess");
  putNode(run.scope(nodeScope), instance.name, {
    ...kept,
    status: kind === "prune" ? "pruned" : "completed",
    endedAt: now,
    ...(kind === "fanout" && { fanout: (outputs as readonly Value[]).length }),
    ...(next && { next }),
    ...(hooks.length > 0 && { hooks }),
  });
  return hooks.length > 0;
}

/** Stages that a node goes on after a time: at another try, or because it asked for it. */
export function postpone(
  run: Transaction,
  { instance }: Claim,
  present: NodeRecord,
  span: Milliseconds,
  now: number,
  error?: RecordedError,
): void {
  const { error: _, ...kept } = present;
  putNode(run.scope(nodeScope), instance.name, {
    ...kept,
    status: "waiting",
    resumesAt: now + span,
    ...(error && { attempt: present.attempt + 1, error }),
  });
  // By the store's own time, which workers share even where their clocks differ.
  if (span > 0) run.scope(delayScope).set(instance.name, true, { ttl: span });
}

/** Stages that a node has failed for good. Returns whether it has hooks to run. */
export function fail(
  run: Transaction,
  { instance }: Claim,
  present: NodeRecord,
  error: RecordedError,
  phases: NodePhases,
  now: number,
): boolean {
  const hooks = hooksOf(phases, "onFailure");
  putNode(run.scope(nodeScope), instance.name, { ...present, status: "failed", endedAt: now, error, ...(hooks.length > 0 && { hooks }) });
  return hooks.length > 0;
}

function hooksOf(phases: NodePhases, first: HookName): HookName[] {
  return [first, "onComplete" as const].filter((hook) => phases[hook] !== undefined);
}

/** Runs the hooks of a node that are still to run, each in a commit of its own; what one throws is reported, and it has run. */
export async function runHooks(place: Place, name: RunName, claim: Claim, phases: NodePhases, attempt: Attempt): Promise<void> {
  for (let left = true; left; ) {
    try {
      left = await commitHook(place, name, claim, async (hook, present, run, shared) => {
        const store: StoreWriter = run.scope(storeScope);
        const outputs = run.get(outputKey(claim.instance.name));
        await attempt.phase(() => callHook(phases, hook, store, outputs, present, attempt.contextWith(shared)));
        writeOutcome(run.scope(storeScope), { kind: "complete", outputs: null, next: undefined, after: 0 }, []);
      });
    } catch (error) {
      if (error instanceof Fenced || attempt.stopReason !== undefined) throw error;
      place.report(error);
      left = await commitHook(place, name, claim, async () => {});
    }
  }
}

/** Runs the first hook that is left, and notes that it has run. Returns whether there is another. */
function commitHook(
  place: Place,
  name: RunName,
  claim: Claim,
  body: (hook: HookName, present: NodeRecord, run: Transaction, shared: Transaction | undefined) => Promise<void>,
): Promise<boolean> {
  return place.commitWithShared(async (transaction, shared) => {
    const { run, present } = fenced(transaction, name, claim);
    const { hooks, ...kept } = present;
    const [hook, ...rest] = hooks ?? [];
    if (hook === undefined) return false;
    await body(hook, present, run, shared);
    putNode(run.scope(nodeScope), claim.instance.name, { ...kept, ...(rest.length > 0 && { hooks: rest }) });
    return rest.length > 0;
  });
}

function callHook(
  phases: NodePhases,
  hook: HookName,
  store: StoreWriter,
  outputs: unknown,
  { error }: NodeRecord,
  context: Parameters<NonNullable<NodePhases["onComplete"]>>[1],
): unknown {
  if (hook === "onSuccess") return phases.onSuccess?.(store, outputs, context);
  if (hook === "onComplete") return phases.onComplete?.(store, context);
  return phases.onFailure?.(store, error ?? { name: "Error", message: "" }, context);
}
