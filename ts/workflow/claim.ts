/**
 * Taking nodes: by a commit that only one worker can make, which puts a new token into the node's record. Whoever had the node before cannot commit for it any
 * more.
 *
 * @module
 */
import type { StoreReader, Transaction } from "../store/types/index.js";
import { delayScope, nodeScope, type RunName, readRun, runView, workerKey } from "./layout.js";
import { randomName } from "./names.js";
import type { Place } from "./place.js";
import type { Instance } from "./plan.js";
import type { NodeRecord } from "./types/index.js";

/** A node that this worker has. */
export interface Claim {
  /** Which. */
  readonly instance: Instance;
  /** Its record, with the token of this claim. */
  readonly record: NodeRecord;
}

/** Whether nobody is at a node: it waits and its time has come, or the one who had it is gone. `isMine` tells the tokens that live in this process. */
export function isFree(
  store: Pick<StoreReader, "has">,
  delays: Pick<StoreReader, "has">,
  record: NodeRecord,
  instance: string,
  worker: string,
  isMine: (token: string) => boolean,
): boolean {
  // What waits too may be at its end here still: its delay can be over before that.
  if (isMine(record.token)) return false;
  if (record.status === "waiting") return !delays.has(instance);
  return record.worker === worker || !store.has(workerKey(record.worker));
}

/** Takes nodes of the run that began then and are free still, and notes those that are skipped. Returns what it got. */
export function claim(
  place: Place,
  name: RunName,
  startedAt: number,
  wanted: readonly Instance[],
  skipped: readonly Instance[],
  isMine: (token: string) => boolean,
): Promise<Claim[]> {
  return place.commit((transaction) => {
    const run = runView(transaction, name);
    const record = readRun(run);
    if (record?.status !== "running" || record.startedAt !== startedAt) return [];
    const nodes = run.scope(nodeScope);
    for (const instance of skipped) {
      if (!nodes.has(instance.name)) putNode(nodes, instance.name, { ...blank(place, instance), status: "skipped", starts: 0 });
    }
    const claims: Claim[] = [];
    for (const instance of wanted) {
      const before = nodes.get<NodeRecord>(instance.name) as NodeRecord | undefined;
      if (before !== undefined && !isFree(transaction, run.scope(delayScope), before, instance.name, place.worker, isMine)) continue;
      const record = before === undefined ? blank(place, instance) : again(place, before);
      putNode(nodes, instance.name, record);
      claims.push({ instance, record });
    }
    if (claims.length > 0) place.lease.ensure(transaction);
    return claims;
  });
}

function blank({ worker, clock }: Place, { node, item }: Instance): NodeRecord {
  return { node, item, status: "running", attempt: 1, starts: 1, worker, token: randomName(), startedAt: clock.now() };
}

/** A record taken over: of one that ended, only its hooks are still to run. */
function again({ worker, clock }: Place, before: NodeRecord): NodeRecord {
  const token = randomName();
  if (before.status !== "running" && before.status !== "waiting") return { ...before, worker, token };
  const { resumesAt, ...kept } = before;
  return { ...kept, status: "running", starts: before.starts + 1, worker, token, startedAt: clock.now() };
}

/** Sets a node's record. */
export function putNode(nodes: Transaction, instance: string, record: NodeRecord): void {
  nodes.set(instance, record as object);
}
