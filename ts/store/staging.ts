/**
 * Writes on their way to the engine: checked and encoded first, then staged one after the other, to be one commit.
 *
 * @module
 */

import { HoldallError } from "../errors.js";
import type { Core } from "./core.js";
import { detailsOf, type Prefix } from "./exchange.js";
import { stageMetadata } from "./metadata.js";
import type { Step } from "./steps.js";
import type { Value } from "./types/index.js";
import { decodeBytes, decodeText } from "./values/decode.js";
import { encodeValue } from "./values/encode.js";
import type { Encoded } from "./values/encoding.js";

export type { Step } from "./steps.js";

/** Hands a write to the engine. */
export function stage(core: Core, prefix: Prefix, step: Step): void {
  const { exchange, raw } = core;
  const to = exchange.writeKey(prefix, step.key);
  const from = exchange.keyFrom(prefix);
  switch (step.type) {
    case "set": {
      const { encoding, content } = step.encoded;
      raw.stagePut(from, to, exchange.writeValue(content), encoding, step.ttl);
      if (step.metadata !== undefined) stageMetadata(core, step.metadata);
      return;
    }
    case "delete":
      raw.stageDelete(from, to);
      return;
    case "clear":
      raw.stageDeletePrefix(from, to);
      return;
    case "touch":
      raw.stageTouch(from, to, step.ttl);
      return;
    default:
      raw.stageAnnotate(from, to);
      core.reserve(step.addTag ?? "", step.removeTag ?? "", step.setProperty?.[0] ?? "", step.removeProperty ?? "");
      if (step.metadata !== undefined) stageMetadata(core, step.metadata);
      if (step.addTag !== undefined) raw.stageAddTag(step.addTag);
      if (step.removeTag !== undefined) raw.stageRemoveTag(step.removeTag);
      if (step.setProperty !== undefined) {
        const [name, { encoding, content }] = step.setProperty;
        raw.stageProperty(name, exchange.writeValue(content), encoding);
      }
      if (step.removeProperty !== undefined) raw.stageRemoveProperty(step.removeProperty);
  }
}

/** An encoded value as the store gives it. */
export function readBack({ encoding, content }: Encoded): Value {
  return typeof content === "string" ? decodeText(encoding, content) : decodeBytes(encoding, content);
}

/** Encodes a value; a refusal says for which entry. */
export function encodeFor(prefix: Prefix, key: string, value: unknown): Encoded {
  try {
    return encodeValue(value);
  } catch (error) {
    if (!(error instanceof HoldallError) || error.code !== "INVALID_VALUE") throw error;
    const details = typeof key === "string" ? detailsOf(prefix, key) : {};
    throw new HoldallError(error.code, error.message, { ...details, cause: error.cause });
  }
}
