/**
 * The way of writes into the store: through middleware, where there is any, and as one commit.
 *
 * @module
 */

import type { Core } from "./core.js";
import type { Prefix } from "./exchange.js";
import { writeThrough } from "./middleware.js";
import { type Step, stage } from "./staging.js";
import type { Timestamp, Value } from "./types/index.js";
import { decodeBytes, decodeText } from "./values/decode.js";
import type { Encoded } from "./values/encoding.js";

/**
 * Commits steps, the only way of all that changes entries but the hot paths; returns how many entries they found.
 *
 * @param key - what an error names
 * @param stageFirst - stages what must hold for it
 */
export function commitSteps(core: Core, prefix: Prefix, steps: readonly Step[], key?: string, stageFirst?: () => void): number {
  const commit = (within: Prefix, list: readonly Step[]) =>
    core.commit(
      prefix,
      () => {
        stageFirst?.();
        for (const step of list) stage(core, within, step);
      },
      key,
    );
  return core.wrapping === undefined ? commit(prefix, steps) : writeThrough(core, prefix, steps, commit);
}

/** Puts a value as a commit of its own, at a time that `begin` gave and after which nothing of the caller's has run. */
export function put(core: Core, prefix: Prefix, key: string, encoded: Encoded, ttl: number, now: Timestamp): void {
  if (core.wrapping !== undefined) {
    commitSteps(core, prefix, [{ type: "set", key, encoded, ttl, metadata: undefined }], key);
    return;
  }
  core.tellUses();
  core.set(prefix, key, encoded.encoding, core.exchange.writeValue(encoded.content), ttl, now);
}

/** An encoded value as the store gives it. */
export function readBack({ encoding, content }: Encoded): Value {
  return typeof content === "string" ? decodeText(encoding, content) : decodeBytes(encoding, content);
}
