/**
 * How large the engine's memory is, with what it has grown ahead: Node counts it among what is outside of its heap, and does not name it. Import this before
 * `holdall`.
 *
 * @module
 */

/** @type {WebAssembly.Memory[]} */
const memories = [];
const { Instance } = WebAssembly;
WebAssembly.Instance = class extends Instance {
  constructor(/** @type {WebAssembly.Module} */ module, /** @type {WebAssembly.Imports | undefined} */ imports) {
    super(module, imports);
    const { memory } = this.exports;
    if (memory instanceof WebAssembly.Memory) memories.push(memory);
  }
};

/** The bytes of all engines' memories. */
export const engineBytes = () => memories.reduce((sum, { buffer }) => sum + buffer.byteLength, 0);
