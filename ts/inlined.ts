/**
 * The engine that the default entry carries, for plain stores.
 *
 * @module
 */
import { packedText, wasmSize } from "../pkg/inlined.js";
import { unpack } from "./packed.js";

/** The bytes of the engine's wasm module, unpacked anew by each call. */
export function inlinedEngine(): Uint8Array<ArrayBuffer> {
  // The text is named once: a bundler that puts constants where they are named makes no second copy.
  return unpack(packedText, wasmSize);
}
