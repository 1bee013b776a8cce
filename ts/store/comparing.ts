/**
 * Comparing views, and the other side of a merge.
 *
 * @module
 */

import type { RawMerge, RawStore } from "../engine.js";
import { HoldallTypeError } from "../errors.js";
import { typeOf } from "./arguments.js";
import { scratchCore } from "./copies.js";
import type { Core } from "./core.js";
import { type Prefix, wholeStore } from "./exchange.js";
import { RecordReader } from "./records.js";
import { restoreSnapshot, takeSnapshot } from "./snapshots.js";
import type { Difference } from "./types/index.js";
import { coreOf, isView, prefixWithin, type Readable, type StoreView } from "./view.js";

/** The keys that are live in two views, in order. */
export function collisions(view: StoreView, other: Readable): string[] {
  checkView("other", other);
  coreOf(view).begin();
  return [...other.keys()].filter((key) => view.has(key));
}

/** How a view differs from what a core holds under a prefix. */
export function diff(core: Core, prefix: Prefix, other: Readable): Difference {
  return withSource(core, other, (raw) => {
    const now = core.begin();
    core.check(
      core.run(() => core.raw.diff(prefix.text, raw, now)),
      prefix,
    );
    const lists = new RecordReader(core.exchange.answered());
    return { added: lists.keys(), removed: lists.keys(), changed: lists.keys() };
  });
}

/**
 * Does something with the other side of a merge, as it is now. What was due there has expired, and who heard of it may have disposed of this side:
 * so `use` begins again.
 */
export function withSource<T>(core: Core, other: Readable, use: (raw: RawMerge) => T): T {
  core.begin();
  const source = withRaw(core, "other", other, (raw, prefix) => core.make(prefix, () => core.engine.RawMerge.create(raw, prefix.text)));
  try {
    return use(source);
  } finally {
    source.free();
  }
}

/** A view of this package. */
export function checkView(name: string, view: unknown): asserts view is StoreView {
  if (!isView(view)) throw new HoldallTypeError(`${name} must be an untyped store, scope or reader, not ${typeOf(view)}`);
}

/** Does something with the engine's side of a view, as it is now; of a store on another engine, with a copy of it on this one. */
export function withRaw<T>(core: Core, name: string, view: Readable, use: (raw: RawStore, prefix: Prefix) => T): T {
  checkView(name, view);
  const other = coreOf(view);
  const prefix = prefixWithin(view);
  // A transaction is asked, so that it notes all of that as read; nobody else hears of it.
  if (other.deleted !== undefined) void (view as StoreView).size;
  other.begin();
  if (other.engine === core.engine) {
    core.reserve();
    return use(other.raw, prefix);
  }
  const copy = scratchCore(core);
  try {
    restoreSnapshot(copy, wholeStore, takeSnapshot(other, prefix));
    core.reserve();
    return use(copy.raw, wholeStore);
  } finally {
    copy.dispose();
  }
}
