/**
 * Snapshots on their way from and to the engine.
 *
 * @module
 */

import { HoldallTypeError } from "../errors.js";
import type { Core } from "./core.js";
import type { Prefix } from "./exchange.js";
import { bytesOf, isBytes } from "./values/foreign.js";

/** A snapshot, from whichever realm. Throws `INVALID_ARGUMENT` for anything but bytes, and for bytes that are detached. */
export function checkSnapshot(bytes: unknown): Uint8Array {
  try {
    if (isBytes(bytes as object)) return bytesOf(bytes as object);
  } catch {}
  throw new HoldallTypeError("bytes must be a Uint8Array that is not detached");
}

/** What a core holds under a prefix, as bytes. */
export function takeSnapshot(core: Core, prefix: Prefix): Uint8Array<ArrayBuffer> {
  const now = core.begin();
  core.reserve();
  core.check(
    core.run(() => core.raw.snapshot(prefix.text, now)),
    prefix,
  );
  return core.exchange.readBytes();
}

/** Replaces what a core holds under a prefix by what a snapshot holds; returns how many entries it brought. */
export function restoreSnapshot(core: Core, prefix: Prefix, bytes: Uint8Array): number {
  return core.change(prefix, (now) => {
    core.reserve();
    const length = core.exchange.writeValue(bytes);
    const restored = core.run(() => core.raw.restore(prefix.text, length, now));
    core.exchange.giveBack();
    return restored;
  });
}
