/**
 * What the tests of memory share: the engine with less memory than a platform gives it.
 *
 * @module
 */

const pageSize = 2 ** 16;

/** The kind of the section of a wasm module that says how large its memory may be. */
const memorySection = 5;

function leb128(number: number): number[] {
  const bytes = [];
  for (let rest = number; ; rest = Math.floor(rest / 128)) {
    bytes.push((rest % 128) + (rest < 128 ? 0 : 128));
    if (rest < 128) return bytes;
  }
}

/** The same module, whose memory may have so many bytes and no more. */
export function withMemory(module: Uint8Array, bytes: number): Uint8Array<ArrayBuffer> {
  let at = 8;
  const number = () => {
    let value = 0;
    for (let shift = 1; ; shift *= 128) {
      const byte = module[at++] as number;
      value += (byte % 128) * shift;
      if (byte < 128) return value;
    }
  };
  const parts = [module.subarray(0, at)];
  while (at < module.length) {
    const start = at;
    const kind = module[at++];
    const end = number() + at;
    if (kind === memorySection) {
      // How many memories, whether there is a limit, the least size.
      number();
      number();
      const content = [1, 1, ...leb128(number()), ...leb128(bytes / pageSize)];
      parts.push(Uint8Array.from([memorySection, ...leb128(content.length), ...content]));
    } else parts.push(module.subarray(start, end));
    at = end;
  }
  return new Uint8Array(Buffer.concat(parts));
}
