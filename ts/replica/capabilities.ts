/**
 * What a backend cannot do is refused before anything changes.
 *
 * @module
 */

import type { Capabilities } from "../backends/backend.js";
import { HoldallError } from "../errors.js";
import type { MetadataOptions, Ttl } from "../store/types/index.js";

/** Refuses a value that a backend of strings cannot hold. */
export function checkValue({ values }: Capabilities, value: unknown): void {
  if (values === "string" && typeof value !== "string") throw refuse("The backend holds strings only");
}

/** Refuses a time to live where entries cannot have one. */
export function checkTtl({ expiry }: Capabilities, ttl: Ttl | undefined): void {
  if (!expiry && ttl !== undefined && ttl !== null) throw refuse("The backend holds no deadlines");
}

/** Refuses metadata where entries cannot have any. */
export function checkMetadata({ metadata }: Capabilities, { tags, properties, description }: MetadataOptions): void {
  if (!metadata && (tags !== undefined || properties !== undefined || description !== undefined))
    throw refuse("The backend holds no metadata");
}

function refuse(message: string): HoldallError {
  return new HoldallError("NOT_SUPPORTED", message);
}
