/**
 * The way of one value into an entry: encoded and checked first, so that a refusal changes nothing and names the entry, and then written.
 *
 * @module
 */

import { HoldallError } from "../errors.js";
import type { Core } from "./core.js";
import { detailsOf, type Prefix } from "./exchange.js";
import { type Metadata, stageMetadata } from "./metadata.js";
import type { Timestamp, Value } from "./types/index.js";
import { decodeBytes, decodeText } from "./values/decode.js";
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

/** An encoded value as the store gives it. */
export function readBack({ encoding, content }: Encoded): Value {
  return typeof content === "string" ? decodeText(encoding, content) : decodeBytes(encoding, content);
}

/** Stages a put for a commit. */
export function stagePut(
  core: Core,
  prefix: Prefix,
  key: string,
  { encoding, content }: Encoded,
  ttl: number,
  metadata: Metadata | undefined,
): void {
  const to = core.exchange.writeKey(prefix, key);
  const length = core.exchange.writeValue(content);
  core.raw.stagePut(core.exchange.keyFrom(prefix), to, length, encoding, ttl);
  if (metadata !== undefined) stageMetadata(core, metadata);
}

/** Puts a value as a commit of its own, at a time that `begin` gave and after which nothing of the caller's has run. */
export function put(core: Core, prefix: Prefix, key: string, { encoding, content }: Encoded, ttl: number, now: Timestamp): void {
  core.tellUses();
  core.set(prefix, key, encoding, core.exchange.writeValue(content), ttl, now);
}
