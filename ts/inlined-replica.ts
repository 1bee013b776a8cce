/**
 * The engine that the first `openStore` of the default entry loads: with replicas in it, which is a quarter more. Nothing imports it statically.
 *
 * @module
 */
import { packedText, wasmSize } from "../pkg/inlined-replica.js";
import { unpack } from "./packed.js";

/** The bytes of the engine's wasm module, unpacked anew by each call. */
export function inlinedReplicaEngine(): Uint8Array<ArrayBuffer> {
  return unpack(packedText, wasmSize);
}
