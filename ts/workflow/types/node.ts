/**
 * The code of nodes: what it is given, and what it may give back.
 *
 * @module
 */
import type { Milliseconds, StoreReader, StoreWriter, Value } from "../../store/types/index.js";

/** What a node is given beside its input. */
export interface NodeContext {
  /** The run, as `resume` takes it. */
  readonly run: string;
  /** The graph's name. */
  readonly graph: string;
  /** The node's identifier in the graph. */
  readonly node: string;
  /** Which item of the fan-outs around it this is; empty outside of any. */
  readonly item: readonly number[];
  /** Identifier and item, such as `work[3]`. With `run` it names this piece of work for ever: a key to make outside effects idempotent by. */
  readonly instance: string;
  /** The how manieth try this is, from 1 on. */
  readonly attempt: number;
  /** Aborted when nothing that the node does counts any more: its time is over, the run was cancelled, another worker took over. */
  readonly signal: AbortSignal;
  /** The run's store as it is now: a reader, no writer, in every phase. */
  readonly store: StoreReader;
  /** The scope that runs share, to read; `undefined` where the runner has none. */
  readonly shared: StoreReader | undefined;
}

/** What `post` and hooks are given: a context whose shared scope can be written, in the same commit. */
export interface CommitContext extends Omit<NodeContext, "shared"> {
  /** The scope that runs share; what is written commits together with the node, or before it where runs have stores of their own. `undefined` where the runner has none. */
  readonly shared: StoreWriter | undefined;
}

/** How a failed node is tried again: after a delay that grows, and varies so that those who failed together do not return together. */
export interface RetryPolicy {
  /** How often it is tried at most, the first time included. Default 1. */
  readonly attempts?: number | undefined;
  /** The delay before the second try. Default 1,000 ms. */
  readonly delay?: Milliseconds | undefined;
  /** What the delay grows by with each try. Default 2. */
  readonly factor?: number | undefined;
  /** The longest delay. Default 60,000 ms. */
  readonly maxDelay?: Milliseconds | undefined;
  /** Which part of each delay is random, from 0 to 1. Default 0.5: a delay lies between half and all of its length. */
  readonly jitter?: number | undefined;
  /** Whether an error is worth another try. Where it throws, there is none, and `onError` of the runner hears of that. Default: all are. */
  readonly when?: ((error: unknown) => boolean) | undefined;
}

// biome-ignore-start lint/suspicious/noExplicitAny: what nodes are given and give back is their own affair; graphs connect them by data

/**
 * A node as one function: from its input to its outputs, or to `{ outputs, store, next }` where it writes to the store or chooses as well. An object that has
 * `outputs` or `output` together with `store` or `next` and is neither that nor `{ output, next }` is `INVALID_OUTPUT`; outputs of such names go into `{ outputs }`.
 */
export type NodeFunction<Input = any> = (input: Input, context: NodeContext) => unknown;

/** What `post` is given of the phases before it. */
export interface PhaseResults<Input = any, Prepared = any, Executed = any> {
  /** What the node was given. */
  readonly input: Input;
  /** What `prep` gave. */
  readonly prep: Prepared;
  /** What `exec` gave. */
  readonly exec: Executed;
}

/**
 * A node in phases. A phase that is left out passes on what it was given.
 *
 * Hooks run once after the node, each in a commit of its own: what they write stays when the node has failed. One that is cut off by a crash runs when
 * the run is resumed; what one throws goes to `onError` of the runner and changes nothing.
 */
export interface NodePhases<Input = any, Prepared = any, Executed = any> {
  /** Reads what the work needs from the run's store. */
  readonly prep?: ((store: StoreReader, input: Input, context: NodeContext) => Prepared | Promise<Prepared>) | undefined;
  /** Does the work. It is handed no writer: what it has of the store is the reader in its context. */
  readonly exec?: ((prepared: Prepared, context: NodeContext) => Executed | Promise<Executed>) | undefined;
  /**
   * Writes what came of it, and gives the node's outputs, or `{ output, next }`. Its writes commit together with the outputs and the node's status. It runs
   * again when something that it read was changed meanwhile, so effects outside of the store belong in `exec`. The node fails with `CONFLICT` when that has been so a
   * hundred times, as it may be where many nodes write one key at once. A write after the end of `post` throws `CLOSED`.
   */
  readonly post?: ((store: StoreWriter, results: PhaseResults<Input, Prepared, Executed>, context: CommitContext) => unknown) | undefined;
  /** Runs when the node has completed. */
  readonly onSuccess?: ((store: StoreWriter, outputs: any, context: CommitContext) => unknown) | undefined;
  /** Runs when the node has failed for good. */
  readonly onFailure?: ((store: StoreWriter, error: RecordedError, context: CommitContext) => unknown) | undefined;
  /** Runs after either, and after their hooks. */
  readonly onComplete?: ((store: StoreWriter, context: CommitContext) => unknown) | undefined;
  /** Keys that must be in the run's store when it begins; `MISSING_KEYS` otherwise. */
  readonly requires?: readonly string[] | undefined;
  /** Keys that must be in the run's store when it has completed; `NOT_PRODUCED` otherwise. */
  readonly produces?: readonly string[] | undefined;
  /** How it is tried again. Default: that of the runner. */
  readonly retry?: RetryPolicy | undefined;
  /** How long one try may take; `TIMEOUT` beyond. Default: that of the runner. */
  readonly timeout?: Milliseconds | undefined;
}

/** The code of a node. */
export type NodeCode = NodeFunction | NodePhases;

// biome-ignore-end lint/suspicious/noExplicitAny: as above

/** An error as it is kept in the store. */
export interface RecordedError {
  /** Its stable code, where it has one. */
  readonly code?: string;
  /** Its class. */
  readonly name: string;
  /** What it says. */
  readonly message: string;
}

/** What a node's result may be taken apart into. */
export interface NodeParts {
  /** What later nodes are given. */
  readonly outputs: Value | object;
  /** What is set in the run's store. */
  readonly store?: Readonly<Record<string, Value | object>> | undefined;
  /** Which of its `next_nodes` go on; the others are skipped. Default: all. */
  readonly next?: string | readonly string[] | undefined;
}
