/**
 * Puts on their way to the engine: encoded and checked first, then staged.
 *
 * @module
 */

import { HoldallError } from "../errors.js";
import type { Core } from "./core.js";
import { detailsOf, type Prefix } from "./exchange.js";
import { type Metadata, stageMetadata } from "./metadata.js";
import { encodeValue } from "./values/encode.js";
import type { Encoded } from "./values/encoding.js";

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

/** Hands a put to the engine, as a part of the commit that is being staged. */
export function stagePut(core: Core, prefix: Prefix, key: string, encoded: Encoded, ttl: number, metadata: Metadata | undefined): void {
  const to = core.exchange.writeKey(prefix, key);
  const length = core.exchange.writeValue(encoded.content);
  core.raw.stagePut(core.exchange.keyFrom(prefix), to, length, encoded.encoding, ttl);
  if (metadata !== undefined) stageMetadata(core, metadata);
}
