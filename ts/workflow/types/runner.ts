/**
 * What a runner takes and gives.
 *
 * @module
 */
import type { Clock, Milliseconds, Reader, Transaction, TransactionOptions, Ttl, Value } from "../../store/types/index.js";
import type { NodeCode, RetryPolicy } from "./node.js";
import type { RunProgress, RunStatus } from "./progress.js";
import type { GraphTemplate, GraphWarning } from "./template.js";

/** What a runner needs of a store, plain or backed: to read and watch it, and to commit conditionally. */
export interface RunStore {
  /** The store without its mutators. */
  reader(): Reader;
  /** Commits what a body writes as one change, if what it read has not changed; runs it again up to `retries` times. Gives what the body gave, or a promise of it. */
  transaction<R>(body: (transaction: Transaction) => R, options?: TransactionOptions): unknown;
  /**
   * Resolves when the reader shows all that was acknowledged before the call. A store whose readers may lag has it, or a worker that was cut off for longer than runs
   * are kept (see `openRun`) may begin one again that is over, and what another process did just before is unknown to `trigger`, `resume`, `cancel` and `progress`.
   */
  sync?(): Promise<unknown>;
}

/** The store of one run, as `openStore` gives it. */
export interface OwnStore extends RunStore {
  /** Releases it. */
  close(): unknown;
  /**
   * Releases it and removes it from where it is kept, if it has no entry; resolves to whether it is gone. Where it is missing, or rejects with `NOT_SUPPORTED`, the store of
   * a run whose time is over is emptied only, and stays so for ever.
   */
  readonly removeStore?: ((options: { readonly ifEmpty: true }) => Promise<boolean>) | undefined;
}

/**
 * Opens the store of a run by its name, `run:<graph>:<id>`, and makes it where it is missing. It is called when somebody goes to a run, by any of the
 * workers, so all of them have to lead to the same stores.
 */
export type OpenRun = (name: string) => Promise<OwnStore>;

/** How long what has ended stays in the store. */
export interface Retention {
  /**
   * The store of a completed run. Default: it is removed by the commit that completes the run. `null`: for ever. Where the run has a store of its own (`openRun`), at
   * most as long as the run's records.
   */
  readonly store?: Ttl | undefined;
  /** The records and outputs of a completed or cancelled run. Default `"1d"`. `null`: for ever. */
  readonly completed?: Ttl | undefined;
  /** All of a failed run, so that it can be resumed. Default `"7d"`. `null`: for ever. */
  readonly failed?: Ttl | undefined;
}

/** Options of `createRunner`. */
export interface RunnerOptions {
  /** Where graphs and runs are kept: a store, plain or backed, or a scope of one. If it is bounded, by the policy `reject`: one that evicts takes records out of runs. */
  readonly store: RunStore;
  /**
   * Gives each run a store of its own, on a backend that holds many: commits of different runs do not wait for each other then, and spread over the servers of a
   * Cluster. `store` keeps the graphs, the shared scope, runs of development, and a list of the runs: of each its record, with two commits to it
   * per run. Default: runs lie in `store`.
   *
   * What nodes write to the shared scope is a commit of its own then, before that of the run: it stays, and is made again, where the run's does not come about
   * (a crash between the two, or a node that was taken over). So let it be something that may happen twice.
   *
   * When the time of a run is over (see `retention`) its store is emptied and removed by whichever runner is there then, or next. That takes a store that can be
   * removed, as those of `openStore` can; on Kubernetes also the right to delete.
   *
   * @example
   * ```ts
   * import { openStore } from "holdall";
   * import { memory } from "holdall/backends/memory";
   * import { createRunner } from "holdall/workflow";
   *
   * const backend = memory();
   * const runner = createRunner({
   *   store: await openStore({ backend }),
   *   openRun: (name) => openStore({ backend, name }),
   *   nodes: { greet: () => "hello" },
   * });
   * await runner.upsertGraph("welcome", { nodes: [{ node_name: "greet", identifier: "greet" }] });
   * const { done } = await runner.trigger("welcome");
   * (await done).outputs; // { greet: "hello" }
   * await runner.close();
   * ```
   */
  readonly openRun?: OpenRun | undefined;
  /** The code of nodes by `node_name`. */
  readonly nodes: Readonly<Record<string, NodeCode>>;
  /** The name of a scope of `store` that all runs share. Default: none. */
  readonly shared?: string | undefined;
  /**
   * Names this worker. A runner that is made anew with the name takes up at once what the one before it was at; so no two may live with one name.
   * Default: a random name, so that what a dead worker was at is taken over when its lease has ended.
   */
  readonly worker?: string | undefined;
  /** How many nodes run at once in this runner. A node that waits for another run of this runner keeps its place meanwhile: with 1 they wait for ever. Default 8. */
  readonly concurrency?: number | undefined;
  /** How nodes are tried again that do not say so themselves. Default: once only. */
  readonly retry?: RetryPolicy | undefined;
  /** How long one try of a node may take that does not say so itself. Default: no end. */
  readonly timeout?: Milliseconds | undefined;
  /** How long the lease of this worker is; it is renewed three times in that span. Default 30,000 ms. */
  readonly lease?: Milliseconds | undefined;
  /** How long what has ended stays. */
  readonly retention?: Retention | undefined;
  /** Hears what hooks throw, and failures that no run can tell of. Default: rethrown as an unhandled error. */
  readonly onError?: ((error: unknown) => void) | undefined;
  /** Where time and timers come from; that of the store, where it has its own. Default: the platform's. */
  readonly clock?: Clock | undefined;
  /** Gives random numbers from 0 to below 1, for the jitter of delays. Default `Math.random`. */
  readonly random?: (() => number) | undefined;
}

/** What a run is triggered with. */
export interface TriggerOptions {
  /** What expressions read as `${{ inputs.key }}`. Not in the store. */
  readonly inputs?: Readonly<Record<string, Value>> | undefined;
  /** What the run's store holds from the beginning; wins over defaults. */
  readonly store?: Readonly<Record<string, string>> | undefined;
  /** The run's id within its graph, without `:`; a second trigger with it is a `CONFLICT`. Default: a new one, later ones sort behind. */
  readonly id?: string | undefined;
}

/** What came of a run. */
export interface RunResult {
  /** The run. */
  readonly id: string;
  /** What nodes gave, by identifier: of one that ran per item, an array of what each gave. Without those skipped. */
  readonly outputs: Readonly<Record<string, Value>>;
  /** What the run's store held at the end. Of a run that had completed before it was resumed here: what is left of it, which is nothing unless `retention.store` keeps it. */
  readonly store: Readonly<Record<string, Value>>;
}

/** A run that was triggered or resumed. */
export interface Run {
  /** The run, as `resume` takes it: `<graph>:<id>`. Its records lie under `run:<graph>:<id>:`. */
  readonly id: string;
  /** Where it stands now. */
  readonly status: RunStatus;
  /** The run's store, to read and watch. Where the run has a store of its own (`openRun`), until it is driven here no more: `CLOSED` from then on. */
  readonly store: Reader;
  /**
   * What came of it. Rejects with `NODE_FAILED` (a `NodeFailedError`), `CANCELLED`, or `CLOSED` when the runner was closed before; with another code when the store
   * failed, and then the run may go on: `resume` it to wait again. Nobody has to wait for it: a failure of the run is in the store as well.
   */
  readonly done: Promise<RunResult>;
}

/** What development mode keeps outputs in, beside the run: `cache` of a DataStore. */
export interface OutputCache {
  /** What is there, or `null`. */
  get(key: string): unknown;
  /** Puts something there, for so many seconds. */
  set(key: string, value: Value, ttlSeconds?: number): unknown;
}

/** Options of one step. */
export interface StepOptions extends TriggerOptions {
  /** Where outputs are taken from first and put as well, by the keys `<node>_output`. Default: the run's scope only. */
  readonly cache?: OutputCache | undefined;
  /** How long the outputs of this step stay. Default: for ever. */
  readonly ttl?: Milliseconds | undefined;
  /** Which item to take of a node before that fanned out. Default 0. */
  readonly item?: number | undefined;
}

/** What came of one step. */
export interface StepResult {
  /** What the node gave; an array of items where it fanned out, `null` where it is to run again. */
  readonly outputs: Value;
  /** Which nodes it chose to go on, where it did. */
  readonly next: readonly string[] | undefined;
  /** How long it asked to wait, where it gave `requeueAfter`. Nothing of that step is kept; step it again. */
  readonly requeueAfter?: Milliseconds | undefined;
}

/** What `upsertGraph` found. */
export interface UpsertedGraph {
  /** What may be wrong with the template, and need not be. */
  readonly warnings: readonly GraphWarning[];
}

/** Options of `close`. */
export interface CloseOptions {
  /** How long to wait for nodes that run. Default: until they have ended. */
  readonly timeout?: Milliseconds | undefined;
}

/** Runs graphs on a store. */
export interface Runner {
  /** This worker's name. */
  readonly worker: string;
  /**
   * Makes a graph, or gives it another template for runs to come; those that have begun keep theirs.
   *
   * @throws `INVALID_GRAPH`, a `GraphError` with all problems at once; nothing has changed then.
   */
  upsertGraph(name: string, template: GraphTemplate): Promise<UpsertedGraph>;
  /**
   * Begins a run: its record and its store are made in one commit.
   *
   * @throws `NOT_FOUND` for an unknown graph, `MISSING_KEYS` (a `MissingKeysError`) naming all required keys that are missing, `INVALID_VALUE` for values that
   * are no strings, `INVALID_KEY` for an empty key, `INVALID_ARGUMENT` for options that are none, `CONFLICT` for an id that is taken. Nothing has changed then. Where
   * `openRun` rejects, so does this, but the run is made: it is on the list, and goes on where it is resumed.
   */
  trigger(graph: string, options?: TriggerOptions): Promise<Run>;
  /**
   * Takes part in a run: goes on with one that a crash cut off, shares the nodes of one that another worker is at, tries a failed one again. No
   * node that has completed runs again.
   *
   * @throws `NOT_FOUND` for an unknown run, `UNKNOWN_NODE` where this runner lacks the code of one of its nodes, `UNAVAILABLE` where the store's backend cannot be
   * asked how the run stands.
   */
  resume(run: string): Promise<Run>;
  /**
   * Ends a run that goes on: `false` when it had ended. What its nodes do from now on does not count.
   *
   * @throws `NOT_FOUND` for an unknown run. `UNAVAILABLE` where it is not known here, or has ended as far as is known, and the store's backend cannot be asked.
   */
  cancel(run: string): Promise<boolean>;
  /**
   * Development mode: runs one node of a graph, on a run of its own that stays (`development` unless `options.id` names another), with inputs from the
   * cached outputs of the nodes before it. Values in `options` are set in that run first. It is tried once, whatever policy of retries it has.
   *
   * @throws `MISSING_OUTPUT`, with the key `<node>_output`, where a node before has left none; else what the node throws.
   */
  step(graph: string, node: string, options?: StepOptions): Promise<StepResult>;
  /**
   * A run as it is now, or `undefined` when there is none. Of one that has a store of its own (`openRun`) and is not driven here, as it is on the list of runs:
   * without its nodes.
   */
  inspect(run: string): RunProgress | undefined;
  /** As `inspect`, but goes to the run's own store where that is needed. */
  progress(run: string): Promise<RunProgress | undefined>;
  /**
   * Takes part in all runs of the store that this runner has the code for, now and later, until the result is called.
   *
   * Where a store fails meanwhile, `onError` hears of it, and the worker asks again, soon and then ever more rarely (0.1 to 5 seconds): nodes that run go on, and what
   * they give is kept here until it can be committed, so that none runs again for that. Without `work` a run is given up then, and `done` says with what.
   */
  work(): () => void;
  /**
   * Begins no more nodes, waits for those that run, and gives up the lease. Runs that go on can be resumed; what shall not, has to be cancelled before. Idempotent.
   *
   * @throws `TIMEOUT` when a node had not ended within `timeout`: it has been aborted by its signal and begins anew where its run goes on, whatever it still does.
   * Without a `timeout`, a node that never ends has this wait for ever.
   */
  close(options?: CloseOptions): Promise<void>;
  /** As `close`. */
  [Symbol.asyncDispose](): Promise<void>;
}
