/**
 * The engine's code from wherever the user has it.
 *
 * @module
 */

import { HoldallError, HoldallTypeError } from "./errors.js";

/** What the engine can be loaded from: bytes, a compiled module, or the response to a request for the wasm file, which is streamed. */
export type LoadableEngine = BufferSource | WebAssembly.Module | Response;

let loaded: WebAssembly.Module | undefined;

/**
 * Compiles the engine. Calling it again does nothing once it has succeeded.
 *
 * @throws `INVALID_ARGUMENT` for anything but a source, `ENGINE_UNAVAILABLE` when it cannot be compiled.
 *
 * @example
 * ```ts no-run
 * import { createStore, load } from "holdall/slim";
 *
 * await load(fetch(new URL("./holdall_bg.wasm", import.meta.url)));
 * const store = createStore();
 * ```
 */
export async function load(source: LoadableEngine | PromiseLike<LoadableEngine>): Promise<void> {
  const awaited = await source;
  loaded ??= await compile(awaited);
}

/** The engine that was loaded. */
export function loadedEngine(): WebAssembly.Module {
  if (loaded === undefined) throw new HoldallError("ENGINE_UNAVAILABLE", "No engine is loaded: await load(source) before the first store");
  return loaded;
}

async function compile(source: LoadableEngine): Promise<WebAssembly.Module> {
  const module = source instanceof WebAssembly.Module ? source : await compileSource(source);
  if (!WebAssembly.Module.exports(module).some(({ name }) => name === "rawstore_create")) {
    throw new HoldallError("ENGINE_UNAVAILABLE", "The source is a wasm module, but not Holdall's engine");
  }
  return module;
}

async function compileSource(source: BufferSource | Response): Promise<WebAssembly.Module> {
  if (!isResponse(source) && !isBytes(source)) {
    throw new HoldallTypeError("source must be the bytes of the wasm file, a WebAssembly.Module, or a Response");
  }
  try {
    return await (isResponse(source) ? compileResponse(source) : WebAssembly.compile(plainBytes(source)));
  } catch (cause) {
    throw new HoldallError("ENGINE_UNAVAILABLE", "The engine's source cannot be compiled", { cause });
  }
}

async function compileResponse(response: Response): Promise<WebAssembly.Module> {
  if (!response.ok) throw new Error(`The wasm file was answered with HTTP status ${response.status}`);
  // A server that names another content type cannot be streamed from, but its bytes are as good.
  const isWasm = response.headers.get("content-type")?.startsWith("application/wasm");
  return isWasm ? WebAssembly.compileStreaming(response) : WebAssembly.compile(await response.arrayBuffer());
}

/** The same bytes as an array of them: Node 20 compiles no `DataView`. */
function plainBytes(source: BufferSource): BufferSource {
  return ArrayBuffer.isView(source) ? new Uint8Array(source.buffer, source.byteOffset, source.byteLength) : source;
}

function isResponse(source: unknown): source is Response {
  return typeof Response !== "undefined" && source instanceof Response;
}

function isBytes(source: unknown): source is BufferSource {
  return source instanceof ArrayBuffer || ArrayBuffer.isView(source);
}
