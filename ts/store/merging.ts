/**
 * Merging and comparing views. The engine finds what differs and commits; functions that resolve conflicts are asked in between, and what they
 * decide is handed to it.
 *
 * @module
 */

import { failed, type RawMerge, type RawStore } from "../engine.js";
import { HoldallError, HoldallTypeError } from "../errors.js";
import { typeOf, writeTtl } from "./arguments.js";
import type { Core } from "./core.js";
import type { Prefix } from "./exchange.js";
import { metadataOf } from "./metadata.js";
import { RecordReader } from "./records.js";
import { encodeFor, type Step, stage } from "./staging.js";
import type {
  Difference,
  MergeConflict,
  MergeOptions,
  MergeResolution,
  MergeResult,
  MergeStrategy,
  SetOptions,
  StoreReader,
} from "./types/index.js";
import { coreOf, isView, prefixWithin, type StoreView } from "./view.js";

/** The numbers of strategies. A function's conflicts are all decided before; one that is not was made meanwhile. */
const strategies: readonly string[] = ["skip", "overwrite", "error"];
/** The numbers of what a function can say; the third is a value. */
const resolutions: readonly string[] = ["skip", "overwrite"];

/** Merges a view into what a core holds under a prefix. */
export function merge(core: Core, prefix: Prefix, other: StoreReader, how: MergeStrategy | MergeOptions): MergeResult {
  const { strategy, base } = typeof how === "object" && how !== null ? how : { strategy: how, base: undefined };
  const number = typeof strategy === "function" ? 2 : strategies.indexOf(strategy);
  if (number < 0) throw new HoldallTypeError('strategy must be "skip", "overwrite", "error" or a function');
  return withSource(core, other, (raw) => {
    if (base !== undefined) raw.setBase(rawOf(core, "base", base), prefixWithin(base as never).text);
    const stageValues = typeof strategy === "function" ? decide(core, prefix, raw, strategy) : undefined;
    let lists: string[][] = [];
    core.change(prefix, (now) => {
      stageValues?.();
      const answer = core.run(() => core.raw.merge(prefix.text, raw, number, now));
      if (answer !== failed) lists = new RecordReader(core.exchange.readBytes()).lists(5);
      return answer;
    });
    const [added, overwritten, skipped, deleted, collisions] = lists as [string[], string[], string[], string[], string[]];
    return { added, overwritten, skipped, deleted, collisions };
  });
}

/** How a view differs from what a core holds under a prefix. */
export function diff(core: Core, prefix: Prefix, other: StoreReader): Difference {
  return withSource(core, other, (raw) => {
    const now = core.begin();
    core.run(() => core.raw.diff(prefix.text, raw, now));
    const [added, removed, changed] = new RecordReader(core.exchange.readBytes()).lists(3) as [string[], string[], string[]];
    return { added, removed, changed };
  });
}

/**
 * Does something with the other side of a merge, as it is now. What was due there has expired, and who heard of it may have disposed of this side:
 * so `use` begins again.
 */
function withSource<T>(core: Core, other: StoreReader, use: (raw: RawMerge) => T): T {
  core.begin();
  const raw = rawOf(core, "other", other);
  const { text } = prefixWithin(other as never);
  const source = core.run(() => core.engine.createRawMerge(raw, text));
  try {
    return use(source);
  } finally {
    if (core.engine.failure === undefined) source.free();
  }
}

/** A view of this package. */
export function checkView(name: string, view: unknown): asserts view is StoreView {
  if (!isView(view)) throw new HoldallTypeError(`${name} must be a store, a scope or a reader, not ${typeOf(view)}`);
}

function rawOf(core: Core, name: string, view: StoreReader): RawStore {
  checkView(name, view);
  const other = coreOf(view);
  other.begin();
  if (other.engine !== core.engine) throw new HoldallTypeError(`${name} belongs to another engine; use its snapshot`);
  return other.raw;
}

/** Asks a function about each conflict, and tells the engine what it said. Returns what stages the values that it gave. */
function decide(core: Core, prefix: Prefix, raw: RawMerge, resolve: (conflict: MergeConflict) => MergeResolution): () => void {
  const now = core.begin();
  const count = core.run(() => core.raw.conflicts(prefix.text, raw, now));
  const records = new RecordReader(core.exchange.readBytes());
  const conflicts = Array.from(
    { length: count },
    (): MergeConflict => ({ key: records.text(), ours: records.value(), incoming: records.value(), base: records.value() }),
  );
  const writes = core.writes;
  const replacements: Step[] = [];
  for (const conflict of conflicts) {
    const resolution = resolve(conflict);
    let number = resolutions.indexOf(resolution as string);
    if (typeof resolution === "object" && resolution !== null && "value" in resolution) {
      replacements.push(replacement(core, prefix, conflict.key, resolution));
      number = 2;
    }
    if (number < 0) throw new HoldallTypeError('a strategy must return "skip", "overwrite" or an object with a value');
    raw.decide(conflict.key, number);
  }
  return () => {
    if (core.writes !== writes) throw new HoldallError("CONFLICT", "The store was changed while a merge into it was decided");
    for (const step of replacements) stage(core, prefix, step);
  };
}

function replacement(core: Core, prefix: Prefix, key: string, { value, ...options }: { readonly value: unknown } & SetOptions): Step {
  return { type: "set", key, encoded: encodeFor(prefix, key, value), ttl: writeTtl(core.engine, options), metadata: metadataOf(options) };
}
