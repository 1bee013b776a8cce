/**
 * Entries as `scanScript` tells them, on their way into the parts of a loading.
 *
 * @module
 */

import { HoldallError } from "../../errors.js";
import { encodeEntry, partOf, type StoredMetadata } from "../entries.js";
import { bytesOf, type Reply, textOf } from "./bytes.js";

const strict = /* @__PURE__ */ new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const encoder = /* @__PURE__ */ new TextEncoder();

/** One part: the entries of a reply, encoded. */
export function readPart(entries: Reply): Uint8Array<ArrayBuffer> {
  return partOf(recordsIn(entries));
}

function* recordsIn(entries: Reply): Generator<readonly [key: string, record: Uint8Array]> {
  for (let at = 0; at < entries.length; at += 4) {
    const key = keyIn(entries[at]);
    const cell = textOf(entries[at + 1]).split(" ");
    const [, number, createdAt, updatedAt] = cell.slice(0, 4).map(Number);
    const deadline = cell[4] === "-" ? Infinity : Number(cell[4]);
    const value = { encoding: Number(cell[5]), bytes: bytesOf(entries[at + 2]) };
    const numbers = [number, createdAt, updatedAt, deadline, value.encoding];
    if (cell.length !== 8 || numbers.some((part) => part === undefined || Number.isNaN(part))) throw damaged("cells", key);
    const more = entries[at + 3];
    const metadata = more ? metadataIn(textOf(more), key) : undefined;
    yield [
      key,
      encodeEntry({ number: number as number, createdAt: createdAt as number, updatedAt: updatedAt as number, deadline, value, metadata }),
    ];
  }
}

function keyIn(bytes: Uint8Array | null | undefined): string {
  try {
    return strict.decode(bytesOf(bytes));
  } catch {
    throw new HoldallError("CORRUPTED", "The store in Redis has a key that is no text");
  }
}

/** Properties as JSON has them. */
type Written = readonly (readonly [name: string, encoding: number, text: string, form?: "hex"])[];

function metadataIn(json: string, key: string): StoredMetadata {
  try {
    const { number, tags, properties, description } = JSON.parse(json) as Omit<StoredMetadata, "properties"> & {
      readonly properties: Written;
    };
    const read = properties.map(
      ([name, encoding, text, form]) => [name, { encoding, bytes: form ? fromHex(text) : encoder.encode(text) }] as const,
    );
    return { number, tags: [...tags], properties: read, description };
  } catch {
    throw damaged("metadata", key);
  }
}

function fromHex(text: string): Uint8Array {
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

function damaged(part: string, key: string): HoldallError {
  return new HoldallError("CORRUPTED", `The store in Redis is damaged: ${part} has a field that is not as it was written`, { key });
}
