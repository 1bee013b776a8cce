/**
 * Merging views. The engine finds what collides and commits; functions that resolve conflicts are asked in between, and what they decide is
 * handed to it.
 *
 * @module
 */

import { failed, type RawMerge } from "../engine.js";
import { HoldallError, HoldallTypeError } from "../errors.js";
import { writeTtl } from "./arguments.js";
import { withRaw, withSource } from "./comparing.js";
import type { Core } from "./core.js";
import type { Prefix } from "./exchange.js";
import { metadataOf } from "./metadata.js";
import { RecordReader } from "./records.js";
import { encodeFor, type Step, stage } from "./staging.js";
import type { MergeConflict, MergeOptions, MergeResolution, MergeResult, MergeStrategy, SetOptions } from "./types/index.js";
import type { Readable } from "./view.js";
import { performWrapped } from "./wholesale.js";

/** The numbers of strategies. A function's conflicts are all decided before; one that is not was made meanwhile. */
const strategies: readonly string[] = ["skip", "overwrite", "error"];
/** The numbers of what a function can say; the third is a value. */
const resolutions: readonly string[] = ["skip", "overwrite"];

/** Merges a view into what a core holds under a prefix. */
export function merge(core: Core, prefix: Prefix, other: Readable, how: MergeStrategy | MergeOptions): MergeResult {
  return performWrapped(core, prefix, (into) => mergeInto(into, prefix, other, how), nothingMerged);
}

function mergeInto(core: Core, prefix: Prefix, other: Readable, how: MergeStrategy | MergeOptions): MergeResult {
  const { strategy, base } = typeof how === "object" && how !== null ? how : { strategy: how, base: undefined };
  const number = typeof strategy === "function" ? 2 : strategies.indexOf(strategy);
  if (number < 0) throw new HoldallTypeError('strategy must be "skip", "overwrite", "error" or a function');
  return withSource(core, other, (raw) => {
    if (base !== undefined) {
      withRaw(core, "base", base, (from, within) =>
        core.check(
          core.run(() => raw.setBase(from, within.text)),
          within,
        ),
      );
    }
    const stageValues = typeof strategy === "function" ? decide(core, prefix, raw, strategy) : undefined;
    let merged: MergeResult | undefined;
    core.change(prefix, (now) => {
      stageValues?.();
      core.reserve();
      const answer = core.run(() => core.raw.merge(prefix.text, raw, number, now));
      if (answer !== failed) merged = readMerged(new RecordReader(core.exchange.answered()));
      return answer;
    });
    // A merge that was refused has thrown.
    return merged as MergeResult;
  });
}

/** What a merge did, in the order that the engine writes it in. */
function readMerged(lists: Pick<RecordReader, "keys">): MergeResult {
  return { added: lists.keys(), overwritten: lists.keys(), skipped: lists.keys(), deleted: lists.keys(), collisions: lists.keys() };
}

/** What a merge did that did nothing. */
export const nothingMerged = (): MergeResult => readMerged({ keys: () => [] });

/** Asks a function about each conflict, and tells the engine what it said. Returns what stages the values that it gave. */
function decide(core: Core, prefix: Prefix, raw: RawMerge, resolve: (conflict: MergeConflict) => MergeResolution): () => void {
  const now = core.begin();
  core.reserve();
  const count = core.check(
    core.run(() => core.raw.conflicts(prefix.text, raw, now)),
    prefix,
  );
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
    const decided = number;
    core.reserve(conflict.key);
    core.check(
      core.run(() => raw.decide(conflict.key, decided)),
      prefix,
    );
  }
  return () => {
    if (core.writes !== writes) throw new HoldallError("CONFLICT", "The store was changed while a merge into it was decided");
    for (const step of replacements) stage(core, prefix, step);
  };
}

function replacement(core: Core, prefix: Prefix, key: string, { value, ...options }: { readonly value: unknown } & SetOptions): Step {
  return { type: "set", key, encoded: encodeFor(prefix, key, value), ttl: writeTtl(core.engine, options), metadata: metadataOf(options) };
}
