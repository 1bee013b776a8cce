/**
 * The errors of workflow runs that say more than their code. All are of the one family.
 *
 * @module
 */
import { HoldallError } from "../errors.js";
import type { GraphProblem, RecordedError } from "./types/index.js";

function named(error: HoldallError, name: string): void {
  Object.defineProperty(error, "name", { value: name, configurable: true });
}

/** Something of what a node threw, as a text: what cannot be read or made one must not stop the run from being told of it. */
function textOf(read: () => unknown): string {
  try {
    return String(read());
  } catch {
    return "(not readable)";
  }
}

/** What is kept of an error: never a value of an entry, unless the one who threw it put it into the message. */
export function recordError(thrown: unknown): RecordedError {
  if (!(thrown instanceof Error)) {
    const kind = thrown === null ? "null" : typeof thrown;
    return { code: "NODE_FAILED", name: "HoldallError", message: `The node threw what is no Error (${kind})` };
  }
  let code: unknown;
  try {
    ({ code } = thrown as { readonly code?: unknown });
  } catch {
    // It has none that can be read.
  }
  return { ...(typeof code === "string" && { code }), name: textOf(() => thrown.name), message: textOf(() => thrown.message) };
}

/** `INVALID_GRAPH`: a template is not one that can run. */
export class GraphError extends HoldallError {
  /** All that is wrong with it. */
  readonly problems: readonly GraphProblem[];

  constructor(graph: string, problems: readonly GraphProblem[]) {
    const lines = problems.map(({ path, message }) => `\n  ${path}: ${message}`);
    super("INVALID_GRAPH", `The template of graph ${JSON.stringify(graph)} has ${problems.length} problem(s):${lines.join("")}`);
    this.problems = problems;
    named(this, "GraphError");
  }
}

/** `MISSING_KEYS`: keys that a run or a node requires are not in the run's store. */
export class MissingKeysError extends HoldallError {
  /** All that are missing. */
  readonly keys: readonly string[];

  constructor(who: string, keys: readonly string[]) {
    super("MISSING_KEYS", `${who} requires keys that are not in its store: ${keys.map((key) => JSON.stringify(key)).join(", ")}`);
    this.keys = keys;
    named(this, "MissingKeysError");
  }
}

/** `NODE_FAILED`: a node has failed, and with it its run. `cause` is what it threw, or how that was recorded. */
export class NodeFailedError extends HoldallError {
  /** The run. */
  readonly run: string;
  /** The node, with its item: `work[3]`. */
  readonly node: string;

  constructor(run: string, node: string, cause: unknown) {
    const message = recordError(cause).message;
    super("NODE_FAILED", `Node ${JSON.stringify(node)} of run ${JSON.stringify(run)} failed: ${message}`, { cause });
    this.run = run;
    this.node = node;
    named(this, "NodeFailedError");
  }
}
