/**
 * The way of a node that a worker has: input → prep → exec → post and commit → hooks; or how it failed, and what then.
 *
 * @module
 */
import { type ErrorCode, HoldallError } from "../errors.js";
import type { Milliseconds, Transaction, Value } from "../store/types/index.js";
import { Attempt, phasesOf } from "./attempt.js";
import type { Claim } from "./claim.js";
import { complete, Fenced, fail, fenced, postpone, runHooks } from "./commits.js";
import { MissingKeysError, recordError } from "./errors.js";
import { nodeScope, outputKey, type RunName, readRun, runView, storeScope } from "./layout.js";
import type { Place } from "./place.js";
import { type Outcome, readResult } from "./result.js";
import { delayAfter } from "./retry.js";
import { inputOf, type Sight } from "./seen.js";
import type { Graph, GraphNode } from "./template/graph.js";
import type { NodePhases, NodeRecord, RetryPolicy } from "./types/index.js";

/** Leaves a transaction without a commit: the node asked to be run again. */
class Postponed {
  readonly outcome: Outcome;

  constructor(outcome: Outcome) {
    this.outcome = outcome;
  }
}

/** Whether a commit is to be tried again whose store failed so often before; resolves when it is time to. */
export type Patience = (error: unknown, failures: number) => Promise<boolean>;

/** Failures of a store that say nothing about what was to be committed. */
const passing: readonly ErrorCode[] = ["UNAVAILABLE", "ENGINE_FAILED", "OUTCOME_UNKNOWN"];

/** Runs a node that this worker has, once. */
export class Execution {
  /** What it threw, when it failed for good. */
  failure: { readonly error: unknown } | undefined;
  /** How long it asked to wait, where it is to run again. */
  wait: Milliseconds | undefined;
  readonly #sight: Sight;
  #attempt: Attempt;
  #hasHooks: boolean;
  readonly #place: Place;
  readonly #name: RunName;
  readonly #claim: Claim;
  readonly #node: GraphNode;
  readonly #phases: NodePhases;
  readonly #retry: RetryPolicy;
  readonly #patience: Patience;
  /** What the store failed with that says nothing about the node. */
  #storeFailure: { readonly error: unknown } | undefined;

  /**
   * @param sight - what it sees of the nodes before it
   * @param retry - how it is tried again; default as the node says, and else the place
   * @param patience - whether what came of it waits for a store that fails; default not
   */
  constructor(
    place: Place,
    name: RunName,
    graph: Graph,
    claim: Claim,
    sight: Sight,
    retry?: RetryPolicy,
    patience: Patience = async () => false,
  ) {
    const node = graph.nodes.get(claim.instance.node);
    const code = node && Object.hasOwn(place.nodes, node.name) ? place.nodes[node.name] : undefined;
    if (node === undefined || code === undefined) {
      throw new HoldallError("UNKNOWN_NODE", `There is no code for node ${JSON.stringify(claim.instance.node)}`);
    }
    this.#place = place;
    this.#name = name;
    this.#sight = sight;
    this.#claim = claim;
    this.#node = node;
    this.#phases = phasesOf(code);
    this.#retry = retry ?? this.#phases.retry ?? place.retry;
    this.#patience = patience;
    this.#attempt = this.#newAttempt();
    this.#hasHooks = (claim.record.hooks?.length ?? 0) > 0;
  }

  /** Nothing that the node does counts any more. */
  stop(reason: HoldallError): void {
    this.#attempt.stop(reason);
  }

  /** Why nothing that it did counted, where that is so. */
  get stopReason(): HoldallError | undefined {
    return this.#attempt.stopReason;
  }

  /** Runs it. Rejects only when the store fails. */
  async run(): Promise<void> {
    try {
      if (this.#claim.record.status === "running") await this.#try();
      if (this.#attempt.stopReason !== undefined || !this.#hasHooks) return;
      // Hooks have a time limit of their own.
      this.#attempt.end();
      this.#attempt = this.#newAttempt();
      await runHooks(this.#place, this.#name, this.#claim, this.#phases, this.#attempt);
    } catch (error) {
      if (error instanceof Fenced) this.stop(error.reason);
      else if (this.#attempt.stopReason === undefined) throw error;
    } finally {
      this.#attempt.end();
    }
  }

  #newAttempt(): Attempt {
    const { instance, record } = this.#claim;
    return new Attempt(this.#place, this.#name, instance, record.attempt, this.#phases.timeout ?? this.#place.timeout);
  }

  async #try(): Promise<void> {
    try {
      await this.#phasesOrWait();
    } catch (error) {
      const isOfStore = this.#storeFailure !== undefined && this.#storeFailure.error === error;
      if (error instanceof Fenced || this.#attempt.stopReason !== undefined || isOfStore) throw error;
      await this.#failed(error);
    }
  }

  async #phasesOrWait(): Promise<void> {
    try {
      await this.#phasesInTurn();
    } catch (error) {
      if (!(error instanceof Postponed)) throw error;
      const { after } = error.outcome;
      await this.#commit((run, present) => postpone(run, this.#claim, present, after, this.#now()));
      this.wait = after;
    }
  }

  async #phasesInTurn(): Promise<void> {
    const attempt = this.#attempt;
    const { prep, exec, post } = this.#phases;
    const input = this.#input();
    const prepared = prep ? await attempt.phase(() => prep(attempt.context.store, input, attempt.context)) : input;
    const executed = exec ? await attempt.phase(() => exec(prepared, attempt.context)) : prepared;
    if (post === undefined) {
      const outcome = this.#read(executed);
      await this.#commit((run, present) => this.#complete(run, present, outcome));
      return;
    }
    let thrown: unknown;
    const commit = () =>
      this.#place.commitWithShared(async (transaction, shared) => {
        const { run, present } = fenced(transaction, this.#name, this.#claim);
        if (this.#isKept(present)) return;
        const results = { input, prep: prepared, exec: executed };
        try {
          const result = await attempt.phase(() => post(run.scope(storeScope), results, attempt.contextWith(shared)));
          this.#complete(run, present, this.#read(result));
        } catch (error) {
          thrown = error;
          throw error;
        }
      });
    await this.#keep(commit, (error) => error === thrown);
  }

  /** What the node is given. Throws `MISSING_KEYS` and `UNRESOLVED`. */
  #input(): Value {
    const { context } = this.#attempt;
    const required = [...this.#node.requires, ...(this.#phases.requires ?? [])];
    const missing = [...new Set(required)].filter((key) => !context.store.has(key));
    if (missing.length > 0) throw new MissingKeysError(`Node ${JSON.stringify(context.instance)}`, missing);
    return inputOf(this.#sight, this.#node, this.#claim.instance);
  }

  #read(result: unknown): Outcome {
    const outcome = readResult(result, this.#node.next);
    if (outcome.kind === "requeue") throw new Postponed(outcome);
    return outcome;
  }

  #complete(run: Transaction, present: Claim["record"], outcome: Outcome): void {
    this.#hasHooks = complete(run, this.#claim, present, outcome, this.#node, this.#phases, this.#now());
  }

  async #failed(error: unknown): Promise<void> {
    const recorded = recordError(error);
    const delay = this.#delayAfter(error);
    if (delay === undefined) this.failure = { error };
    await this.#commit((run, present) => {
      if (delay === undefined) this.#hasHooks = fail(run, this.#claim, present, recorded, this.#phases, this.#now());
      else postpone(run, this.#claim, present, delay, this.#now(), recorded);
    });
  }

  #delayAfter(error: unknown): Milliseconds | undefined {
    try {
      return delayAfter(this.#claim.record.attempt, error, this.#retry, this.#place.random);
    } catch (thrown) {
      // A policy that cannot say is none; what failed the node is told by the run.
      this.#place.report(thrown);
      return undefined;
    }
  }

  #commit(body: (run: Transaction, present: Claim["record"]) => void): Promise<void> {
    const commit = () =>
      this.#place.commit((transaction) => {
        const { run, present } = fenced(transaction, this.#name, this.#claim);
        if (!this.#isKept(present)) body(run, present);
      });
    return this.#keep(commit, () => false);
  }

  /** Commits what came of a try: where the store fails meanwhile it waits here, so that the node does not run again for that. */
  async #keep(commit: () => Promise<void>, isOfNode: (error: unknown) => boolean): Promise<void> {
    for (let failures = 0; ; failures += 1) {
      try {
        await commit();
        return;
      } catch (error) {
        const mayPass = error instanceof HoldallError && passing.includes(error.code) && !isOfNode(error);
        if (mayPass && this.#attempt.stopReason === undefined && (await this.#patience(error, failures))) continue;
        if (mayPass) this.#storeFailure = { error };
        throw error;
      }
    }
  }

  /** Whether an earlier commit of this try came about, though its store did not say so: what others have built on that stays. */
  #isKept({ status, hooks = [] }: NodeRecord): boolean {
    if (status === "running") return false;
    this.#hasHooks = hooks.length > 0;
    if (status !== "failed") this.failure = undefined;
    return true;
  }

  #now(): number {
    return this.#place.clock.now();
  }
}

/** What nodes of a run see, as it is now. */
export function sightOf(place: Place, name: RunName, graph: Graph): Sight {
  const run = runView(place.reader, name);
  const nodes = run.scope(nodeScope);
  return {
    graph,
    record: (instance) => nodes.get<NodeRecord>(instance) as NodeRecord | undefined,
    recordsWithin: (node) => nodes.values<NodeRecord>({ prefix: `${node}[` }) as IterableIterator<NodeRecord>,
    output: (instance) => run.get(outputKey(instance)),
    inputs: readRun(run)?.inputs ?? {},
    store: (key) => (key === "" ? undefined : run.scope(storeScope).get(key)),
  };
}
