/**
 * The way of writes into the store: through middleware, where there is any, and as one commit.
 *
 * @module
 */

import type { Core } from "./core.js";
import { type Prefix, wholeStore } from "./exchange.js";
import { metaOf } from "./metadata.js";
import { writeThrough } from "./middleware.js";
import { type Step, stage } from "./staging.js";
import type { Timestamp, Value } from "./types/index.js";
import type { Encoded } from "./values/encoding.js";

/**
 * Commits steps, the only way of all that changes entries but the hot paths; returns how many entries they found.
 *
 * @param key - what an error names
 * @param stageFirst - stages what must hold for it
 */
export function commitSteps(
  core: Core,
  prefix: Prefix,
  steps: readonly Step[],
  key?: string,
  stageFirst?: (passed: readonly Step[]) => void,
): number {
  const commit = (list: readonly Step[], within = wholeStore) =>
    core.commit(
      prefix,
      () => {
        stageFirst?.(list);
        for (const step of list) stage(core, within, step);
      },
      key,
    );
  if (core.wrapping === undefined) return commit(steps, prefix);
  const found = writeThrough(core, [[prefix, steps]], commit);
  core.written?.push([prefix, steps]);
  return found;
}

/** Stages that an entry must have a version, or be missing (0). */
export function stageVersion(core: Core, prefix: Prefix, key: string, version: number): void {
  const to = core.exchange.writeKey(prefix, key);
  core.raw.stageCondition(core.exchange.keyFrom(prefix), to, version);
}

/**
 * Puts a value that was made of the one before, as a commit of its own, at a time that `begin` gave and after which nothing of the caller's has
 * run; returns what `value` gives of it. Code of middleware runs between: nothing that it wrote is overwritten, and where it put something
 * else in its place, or nothing, the answer is what stands there then.
 */
export function put<T extends Value>(
  core: Core,
  prefix: Prefix,
  key: string,
  encoded: Encoded,
  ttl: number,
  now: Timestamp,
  value: () => T,
): T | undefined {
  if (core.wrapping === undefined) {
    core.tellUses();
    core.set(prefix, key, encoded.encoding, core.exchange.writeValue(encoded.content), ttl, now);
    return value();
  }
  // In a transaction no layer is passed, and asking for the version would count as reading what the body has only written.
  const version = core.written === undefined ? (metaOf(core, prefix, key, now)?.version ?? 0) : undefined;
  let isPassed = false;
  commitSteps(core, prefix, [{ type: "set", key, encoded, ttl, metadata: undefined }], key, (list) => {
    if (version !== undefined) stageVersion(core, prefix, key, version);
    isPassed = list.some((step) => "encoded" in step && step.encoded === encoded);
  });
  return isPassed ? value() : (core.read(prefix, key, false, () => undefined) as T | undefined);
}
