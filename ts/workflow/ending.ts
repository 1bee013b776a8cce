/**
 * The ends of a run, and the way back from them: completed, failed, cancelled; resumed.
 *
 * @module
 */
import { HoldallError } from "../errors.js";
import type { Transaction, Ttl } from "../store/types/index.js";
import { putRecord } from "./beginning.js";
import { nodeScope, type RunName, readNodes, readRun, recordKey, runView, storeScope, workerKey } from "./layout.js";
import type { Place } from "./place.js";
import { plan } from "./plan.js";
import type { Graph } from "./template/graph.js";
import type { NodeRecord, RunRecord } from "./types/index.js";

/** Whether somebody is at a node, or a hook of it is still to run. */
export function isBusy(transaction: { has(key: string): boolean }, { status, worker, hooks }: NodeRecord): boolean {
  if (hooks !== undefined && hooks.length > 0) return true;
  return status === "running" && transaction.has(workerKey(worker));
}

/** Completes or fails the run that began then when all that it waits for has ended; looks at all of its nodes again, so that none slips in between. */
export function finish(place: Place, name: RunName, startedAt: number, graph: Graph): Promise<boolean> {
  return place.commit((transaction) => {
    const run = runView(transaction, name);
    const record = readRun(run);
    if (record?.status !== "running" || record.startedAt !== startedAt) return false;
    const records = readNodes(run);
    const { ready, skipped, open, failed } = plan(graph, records);
    const [first] = failed;
    if (first !== undefined) {
      if (open.some((instance) => isBusy(transaction, records.get(instance.name) as NodeRecord))) return false;
      const error = records.get(first.name)?.error;
      end(place, run, { ...record, status: "failed", failedNode: first.name, ...(error && { error }) }, place.retention.failed);
      return true;
    }
    if (ready.length + skipped.length + open.length > 0) return false;
    complete(place, run, record);
    return true;
  });
}

function complete(place: Place, run: Transaction, record: RunRecord): void {
  const { store, completed } = place.retention;
  if (store === undefined) run.scope(storeScope).clear();
  end(place, run, { ...record, status: "completed" }, completed, store);
}

/** Sets how a run ended, and how long what is left of it stays. What a node gave a time to live goes when that is over, and no sooner nor later. */
function end(place: Place, run: Transaction, record: RunRecord, retention: Ttl, ofStore = retention): void {
  putRecord(run, { ...record, endedAt: place.clock.now() });
  for (const key of run.keys()) {
    const ttl = key.startsWith(`${storeScope}:`) ? ofStore : retention;
    if (ttl !== null && run.ttl(key) === null) run.touch(key, ttl);
  }
}

/** Cancels a run that goes on; `false` when it had ended. */
export async function cancel(place: Place, name: RunName): Promise<boolean> {
  if (await cancelAsSeen(place, name)) return true;
  // Nothing was committed, so nobody has said yet that what was seen is still so: it may have been resumed elsewhere.
  await place.catchUp();
  return cancelAsSeen(place, name);
}

function cancelAsSeen(place: Place, name: RunName): Promise<boolean> {
  return place.commit((transaction) => {
    const run = runView(transaction, name);
    const record = mustRead(run, name);
    if (record.status !== "running" && record.status !== "development") return false;
    end(place, run, { ...record, status: "cancelled" }, place.retention.completed);
    return true;
  });
}

/** The record of a run that is to be resumed. One that is seen as failed is revived by a commit, which says whether it is; all else may be of the past. */
export async function recordToResume(place: Place, name: RunName): Promise<RunRecord> {
  const run = runView(place.reader, name);
  if (readRun(run)?.status !== "failed") await place.catchUp();
  return mustRead(run, name);
}

/** Makes a failed run one that goes on: what failed is as if it had not begun. Other runs stay as they are. */
export function revive(place: Place, name: RunName): Promise<void> {
  return place.commit((transaction) => {
    const run = runView(transaction, name);
    const { endedAt, failedNode, error, ...record } = mustRead(run, name);
    if (record.status !== "failed") return;
    const nodes = run.scope(nodeScope);
    for (const [instance, { status }] of readNodes(run)) if (status === "failed") nodes.delete(instance);
    // What has the deadline of the record got it with that, at the run's end.
    const deadline = run.meta(recordKey)?.deadline;
    for (const key of run.keys()) if (key !== recordKey && run.meta(key)?.deadline === deadline) run.persist(key);
    putRecord(run, { ...record, status: "running" });
    run.persist(recordKey);
  });
}

/** A run's record; where none is seen here, as it is now, since others may have made it just before. Rejects with `NOT_FOUND`. */
export async function mustFind(place: Place, name: RunName): Promise<RunRecord> {
  const run = runView(place.reader, name);
  const seen = readRun(run);
  if (seen !== undefined) return seen;
  await place.catchUp();
  return mustRead(run, name);
}

/** A run's record. Throws `NOT_FOUND`. */
export function mustRead(run: Parameters<typeof readRun>[0], name: RunName): RunRecord {
  const record = readRun(run);
  if (record === undefined) throw missingRun(name);
  return record;
}

/** `NOT_FOUND`: there is no such run. */
export function missingRun({ id }: RunName): HoldallError {
  return new HoldallError("NOT_FOUND", `There is no run ${JSON.stringify(id)}`, { key: id });
}
