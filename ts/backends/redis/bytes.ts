/**
 * Bytes on their way to the client, which takes those of Node only, and replies on their way back.
 *
 * @module
 */

interface NodeBuffers {
  readonly Buffer: { from(buffer: ArrayBufferLike, offset: number, length: number): Uint8Array };
}

const decoder = /* @__PURE__ */ new TextDecoder();

/** A view of bytes as the client takes them. */
export function clientBytes(bytes: Uint8Array): Uint8Array {
  return (globalThis as unknown as NodeBuffers).Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** A reply of a script: strings as bytes, in a list. */
export type Reply = readonly (Uint8Array | null)[];

/** A reply as text. */
export function textOf(reply: Uint8Array | null | undefined): string {
  return reply ? decoder.decode(reply) : "";
}

/** A reply as a number. */
export function numberOf(reply: Uint8Array | null | undefined): number {
  return Number(textOf(reply));
}

/** A reply as bytes; empty where there is none. */
export function bytesOf(reply: Uint8Array | null | undefined): Uint8Array {
  return reply ?? new Uint8Array();
}
