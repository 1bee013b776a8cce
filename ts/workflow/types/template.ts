/**
 * What a graph is written as: Exosphere's template, plain JSON, and what is wrong with one.
 *
 * @module
 */
import type { Value } from "../../store/types/index.js";

/** What a run's store holds from the beginning. Here as in all of a template, `null` is as what is left out. */
export interface StoreConfig {
  /** Keys that must be there when a run begins, given or by default. */
  readonly required_keys?: readonly string[] | null | undefined;
  /** Values for keys that a trigger does not give. They are pinned: a run keeps those that it began with. */
  readonly default_values?: Readonly<Record<string, string>> | null | undefined;
}

/** Where what a node fanned out comes together again. */
export interface Unites {
  /** The node that fanned out: this one runs once for each run of that one, when all of its items have come to their ends. */
  readonly identifier: string;
  /** Only `"ALL_SUCCESS"`, the default: a failed item fails the run. */
  readonly strategy?: string | undefined;
}

/** One node of a graph. */
export interface TemplateNode {
  /** Which code it runs: a name in the `nodes` of the runner. */
  readonly node_name: string;
  /** Its name within the graph: letters, digits, `_` and `-`; not `store` nor `inputs`. */
  readonly identifier: string;
  /**
   * What its code is given. Texts may hold expressions, at any depth: `${{ store.key }}`, `${{ inputs.key }}`, `${{ node.outputs.field }}`,
   * `${{ store["any key"] }}`, and `\${{` for the characters themselves (so no text has a backslash right before an expression; give that by the store or the inputs). Default: what the nodes before it gave (one node: its outputs; several:
   * an object of them by identifier; none: the inputs of the run).
   */
  readonly inputs?: Readonly<Record<string, Value>> | null | undefined;
  /** The nodes that may begin when it has completed. */
  readonly next_nodes?: readonly string[] | null | undefined;
  /** Gathers the items of a node that fans out. */
  readonly unites?: Unites | null | undefined;
  /** Keys that must be in the run's store when it begins. */
  readonly requires?: readonly string[] | null | undefined;
  /** Keys that must be in the run's store when it has completed. */
  readonly produces?: readonly string[] | null | undefined;
}

/** A graph, as Exosphere writes it. */
export interface GraphTemplate {
  /** What the store of a run holds from the beginning. */
  readonly store_config?: StoreConfig | null | undefined;
  /** The nodes; those that no other leads to begin. */
  readonly nodes: readonly TemplateNode[];
}

/** What can be wrong with a template. */
export type GraphProblemCode =
  | "CYCLE"
  | "DOTTED_KEY"
  | "DUPLICATE"
  | "EMPTY_KEY"
  | "INVALID_IDENTIFIER"
  | "MALFORMED_EXPRESSION"
  | "NOT_A_STRING"
  | "NOT_SUPPORTED"
  | "NOT_UPSTREAM"
  | "NO_NODES"
  | "UNKNOWN_IDENTIFIER"
  | "UNKNOWN_NODE"
  | "WRONG_TYPE";

/** One thing that is wrong with a template. */
export interface GraphProblem {
  /** What it is, stable across versions. */
  readonly code: GraphProblemCode;
  /** Where: `nodes[2].inputs.cursor`. */
  readonly path: string;
  /** The same for people. */
  readonly message: string;
}

/** One thing that is not wrong but may be a mistake. */
export interface GraphWarning {
  /** A store key that nothing declares (a node may write it all the same), or a field that is not read here. */
  readonly code: "UNDECLARED_KEY" | "UNKNOWN_FIELD";
  /** Where: `nodes[2].inputs.cursor`. */
  readonly path: string;
  /** The same for people. */
  readonly message: string;
}
