/**
 * The beginning of a run: its record, its template and its store, in one commit.
 *
 * @module
 */
import { HoldallError } from "../errors.js";
import type { Transaction, Value } from "../store/types/index.js";
import { checkObject } from "./arguments.js";
import { MissingKeysError } from "./errors.js";
import { graphKey, type RunName, recordKey, runView, statusTag, storeScope, templateKey } from "./layout.js";
import type { Place } from "./place.js";
import type { GraphTemplate, RunRecord, TriggerOptions } from "./types/index.js";

/** What a run begins with. */
export interface Beginning {
  /** Its names. */
  readonly name: RunName;
  /** What it was triggered with. */
  readonly options: TriggerOptions;
  /** How it stands at first. */
  readonly status: "running" | "development";
  /** When. */
  readonly now: number;
}

/** Checks what a run is triggered with: for its store strings under keys that are not empty. */
export function checkGiven(options: TriggerOptions): void {
  checkObject("options", options);
  const { inputs, store } = options;
  checkObject("inputs", inputs ?? {});
  checkObject("store", store ?? {});
  for (const [key, value] of Object.entries(store ?? {})) {
    if (key === "") throw new HoldallError("INVALID_KEY", "A run's store has no empty key", { key });
    if (typeof value !== "string")
      throw new HoldallError("INVALID_VALUE", `The value given for ${JSON.stringify(key)} is no string`, { key });
  }
}

/** Stages a new run. Throws `NOT_FOUND`, `CONFLICT`, `MISSING_KEYS`; and what its inputs are refused with. */
export function begin(transaction: Transaction, { name, options, status, now }: Beginning): void {
  const template = transaction.get<GraphTemplate>(graphKey(name.graph)) as GraphTemplate | undefined;
  if (template === undefined)
    throw new HoldallError("NOT_FOUND", `There is no graph ${JSON.stringify(name.graph)}`, { key: graphKey(name.graph) });
  const run = runView(transaction, name);
  if (run.has(recordKey)) throw new HoldallError("CONFLICT", `There is a run ${JSON.stringify(name.id)} already`, { key: name.id });
  const { required_keys, default_values } = template.store_config ?? {};
  const values = new Map([...Object.entries(default_values ?? {}), ...Object.entries(options.store ?? {})]);
  const missing = (required_keys ?? []).filter((key) => !values.has(key));
  if (missing.length > 0) throw new MissingKeysError(`A run of graph ${JSON.stringify(name.graph)}`, missing);
  // One of the id whose time is over can have left what was to stay for longer than its record.
  run.clear();
  putRecord(run, { graph: name.graph, id: name.id, status, inputs: options.inputs ?? {}, startedAt: now });
  run.set(templateKey, template as object);
  run.scope(storeScope).setMany(values as Iterable<[string, Value]>);
}

/** What a run is refused with by what is seen of others: a graph or an end that may have come just before. */
const ofOthers: readonly unknown[] = ["NOT_FOUND", "CONFLICT"];

/** Makes a run, in one commit. Rejects as {@link begin} throws, by what is so now. */
export async function beginAt(place: Place, name: RunName, options: TriggerOptions): Promise<void> {
  const commit = () => place.commit((transaction) => begin(transaction, { name, options, status: "running", now: place.clock.now() }));
  try {
    await commit();
  } catch (error) {
    if (!(error instanceof HoldallError && ofOthers.includes(error.code))) throw error;
    await place.catchUp();
    await commit();
  }
}

/** Sets a run's record, and with it the tag that it is found by. */
export function putRecord(run: Transaction, record: RunRecord): void {
  run.set(recordKey, record as object, { tags: [statusTag(record.status)] });
}
