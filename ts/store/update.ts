/**
 * Read-modify-write in one step: `update`, `updateFields` and `increment`.
 *
 * All keep the deadline and the metadata, and read without counting as a use until they write. Code of the caller's runs between reading and
 * writing in the first two; whatever it does to the entry, or time does meanwhile, is noticed, since each commit has its number, and ends
 * the call with `CONFLICT`. So nothing that was never read is overwritten, and no entry that has expired comes back without a deadline.
 *
 * @module
 */

import { HoldallError, HoldallRangeError, HoldallTypeError } from "../errors.js";
import { checkFunction, checkOptions, ttlDefault, ttlKeep, ttlNumber, typeOf } from "./arguments.js";
import type { Core } from "./core.js";
import { detailsOf, type Prefix } from "./exchange.js";
import { fieldsOf, setFields } from "./fields.js";
import { isGood } from "./memo.js";
import { metaOf } from "./metadata.js";
import { put } from "./putting.js";
import { mismatch, missingEntry } from "./refusals.js";
import { encodeFor, readBack } from "./staging.js";
import type { IncrementOptions, Value } from "./types/index.js";
import { encodings } from "./values/encoding.js";

/** Sets what `change` makes of the value; returns it as the store gives it. */
export function update(core: Core, prefix: Prefix, key: string, change: (value: Value | undefined) => unknown): Value {
  checkFunction("change", change);
  const now = core.begin();
  const row = core.find(prefix, key, now);
  // Not kept in the memo, since the write ends it there.
  const cell = row < 0 ? undefined : core.memo.cellOf(row);
  const known = cell !== undefined && isGood(cell, now) ? cell.value : undefined;
  const value = row < 0 ? undefined : (known ?? core.exchange.readValue("frozen"));
  return rewrite(core, prefix, key, row >= 0, () => change(value));
}

/** Sets values within the value, all or none; returns it whole as the store gives it. */
export function updateFields(core: Core, prefix: Prefix, key: string, fields: unknown): Value {
  const list = fieldsOf(fields, prefix, key);
  if (core.find(prefix, key) < 0) throw missingEntry(core, prefix, key);
  if (list.length === 0) return core.exchange.readValue("frozen");
  const value = core.exchange.readValue("mutable");
  return rewrite(core, prefix, key, true, () => setFields(value, list, prefix, key));
}

/** Adds to a number; returns the sum. */
export function increment(core: Core, prefix: Prefix, key: string, by: number, options?: IncrementOptions): number {
  if (typeof by !== "number") throw new HoldallTypeError(`by must be a number, not ${typeOf(by)}`);
  if (!Number.isFinite(by)) throw new HoldallRangeError("by must be finite");
  checkOptions(options);
  const ttl = options?.ttl;
  const span = ttl === undefined ? ttlDefault : ttlNumber(core.engine, ttl);
  // One time for both, so that a counter cannot expire in between and be kept without its deadline.
  const now = core.begin();
  const isThere = core.find(prefix, key, now) >= 0;
  if (isThere && core.exchange.encoding !== encodings.number) throw mismatch("The value is not a number", prefix, key);
  const sum = (isThere ? (core.exchange.readValue("frozen") as number) : 0) + by;
  if (!Number.isFinite(sum)) throw new HoldallRangeError("The sum is beyond the range of numbers", detailsOf(prefix, key));
  return put(core, prefix, key, { encoding: encodings.number, content: String(sum) }, isThere ? ttlKeep : span, now, () => sum) ?? 0;
}

function rewrite(core: Core, prefix: Prefix, key: string, wasThere: boolean, make: () => unknown): Value {
  const version = core.raw.version();
  const encoded = encodeFor(prefix, key, make());
  const now = core.begin();
  if (core.raw.version() !== version) {
    const meta = metaOf(core, prefix, key, now);
    // Whether the entry has come, gone or changed.
    if (meta === undefined ? wasThere : !wasThere || meta.version > version) {
      throw new HoldallError("CONFLICT", "The entry has changed or expired while its new value was made", detailsOf(prefix, key));
    }
  }
  return put(core, prefix, key, encoded, ttlKeep, now, () => readBack(encoded)) as Value;
}
