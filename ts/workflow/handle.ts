/**
 * What callers hold, and see, of a run.
 *
 * @module
 */
import { HoldallError } from "../errors.js";
import type { Driver } from "./driver.js";
import type { Stay } from "./home.js";
import { type RunName, readNodes, readRun, runView, storeScope, templateKey } from "./layout.js";
import type { Place } from "./place.js";
import { plan } from "./plan.js";
import { graphOf } from "./template/graph.js";
import type { GraphTemplate, Run, RunProgress, RunStatus } from "./types/index.js";

/** What is known of a run at a place. */
export function progressAt({ reader }: Place, name: RunName): RunProgress | undefined {
  const view = runView(reader, name);
  const run = readRun(view);
  if (run === undefined) return undefined;
  const template = view.get<GraphTemplate>(templateKey) as GraphTemplate | undefined;
  const nodes = readNodes(view);
  const instances = template === undefined ? [] : plan(graphOf(template), nodes).all;
  const known = instances.flatMap(({ name }) => {
    const record = nodes.get(name);
    return record === undefined ? [] : [[name, record] as const];
  });
  return { run, nodes: new Map(known) };
}

/** What is there to see where there is no run. */
export function undefinedWhereMissing(error: unknown): undefined {
  if (error instanceof HoldallError && error.code === "NOT_FOUND") return undefined;
  throw error;
}

/** What callers hold of a run. */
export function runHandle(name: RunName, { done }: Driver, { place, status }: Stay): Run {
  let last: RunStatus = "running";
  return {
    id: name.id,
    get status() {
      last = status() ?? last;
      return last;
    },
    store: runView(place.reader, name).scope(storeScope),
    done,
  };
}
