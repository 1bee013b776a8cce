/**
 * How a run lies in the store. **A durable layout**: whatever can read or watch a store can show a run by it.
 *
 * | key | value |
 * | --- | --- |
 * | `graph:<graph>` | the template that new runs of the graph begin with |
 * | `run:<graph>:<id>:run` | {@link RunRecord}; has the tag `run:<status>`, so that `find({ allTags: ["run:running"] })` finds the runs that go on (beside entries of their stores that nodes gave the tag: a record's key ends in `:run`, right behind the id) |
 * | `run:<graph>:<id>:template` | the template that this run began with |
 * | `run:<graph>:<id>:node:<instance>` | {@link NodeRecord}; not there before the node begins. An instance is an identifier, with items: `work[3]`, `work[3,0]` |
 * | `run:<graph>:<id>:<instance>_output` | the outputs of a node that has completed |
 * | `run:<graph>:<id>:delay:<instance>` | there until a waiting node may go on: its deadline is that moment |
 * | `run:<graph>:<id>:store:<key>` | the run's own store |
 * | `worker:<worker>` | there while a worker lives: it expires when the worker renews it no more |
 *
 * Where each run has a store of its own (`openRun`), all of it lies there, in `run:<graph>:<id>`, with the leases of those who are at it. The runner's store has then
 *
 * | key | value |
 * | --- | --- |
 * | `run:<graph>:<id>:run` | a copy of the {@link RunRecord}, as of the beginning and of each end; with the tag, and the property `version`: the version of what it is a copy of |
 * | `run:<graph>:<id>:template`, `run:<graph>:<id>:store:<key>` | what the run begins with, until it has ended |
 * | `kept:<graph>:<id>` | there as long as what is left of a run that has ended is kept (`true`), and then while somebody removes it (a text of theirs) |
 *
 * @module
 */
import type { Timestamp, Value } from "../../store/types/index.js";
import type { RecordedError } from "./node.js";

/** Where a run stands. `development` is stepped through by hand. */
export type RunStatus = "running" | "completed" | "failed" | "cancelled" | "development";

/** What is known of a run. */
export interface RunRecord {
  /** The graph's name. */
  readonly graph: string;
  /** The run, as `resume` takes it: `<graph>:<id>`. */
  readonly id: string;
  /** Where it stands. */
  readonly status: RunStatus;
  /** What it was triggered with. */
  readonly inputs: Readonly<Record<string, Value>>;
  /** When it began. */
  readonly startedAt: Timestamp;
  /** When it ended. */
  readonly endedAt?: Timestamp;
  /** The node that failed it. */
  readonly failedNode?: string;
  /** What failed it. */
  readonly error?: RecordedError;
}

/**
 * Where a node stands: it runs, waits for another try or for the time that it asked for, has completed, ended its branch, was not chosen, or has failed
 * for good. In a run that was cancelled, nodes stay as they stood: `running` is one that ran then.
 */
export type NodeStatus = "running" | "waiting" | "completed" | "pruned" | "skipped" | "failed";

/** A hook of a node. */
export type HookName = "onSuccess" | "onFailure" | "onComplete";

/** What is known of a node in a run. */
export interface NodeRecord {
  /** Its identifier. */
  readonly node: string;
  /** Which item of the fan-outs around it. */
  readonly item: readonly number[];
  /** Where it stands. */
  readonly status: NodeStatus;
  /** The how manieth try, from 1 on. */
  readonly attempt: number;
  /** How often it began, tries that were cut off included. */
  readonly starts: number;
  /** Who has it, or had it last. */
  readonly worker: string;
  /** Names this beginning: only who knows the present one may commit for the node. */
  readonly token: string;
  /** When it began last. */
  readonly startedAt: Timestamp;
  /** When it ended. */
  readonly endedAt?: Timestamp;
  /** When it goes on, where it waits. */
  readonly resumesAt?: Timestamp;
  /** How many items it gave, where it fanned out. */
  readonly fanout?: number;
  /** Which nodes it chose to go on, where it did. */
  readonly next?: readonly string[];
  /** The hooks that are still to run. */
  readonly hooks?: readonly HookName[];
  /** What failed its last try. */
  readonly error?: RecordedError;
}

/** A run as it is at one moment. */
export interface RunProgress {
  /** The run. */
  readonly run: RunRecord;
  /** Its nodes that have begun, were skipped or have ended, by instance: in the order of the graph, items in theirs. */
  readonly nodes: ReadonlyMap<string, NodeRecord>;
}
