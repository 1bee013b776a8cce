/**
 * How a store lies in Redis. **A durable format**: other releases read it, and so may other programs.
 *
 * All keys of a store begin with the backend's prefix (`holdall` unless it was given) and the store's name as a hash tag, so that a Cluster keeps them in
 * one slot: `holdall:{orders}:values`. In a name, `%` and `}` stand as `%25` and `%7D`; the empty name is `%`.
 *
 * | key | type | content |
 * | --- | --- | --- |
 * | `…:store` | hash | `format` `holdall`; `id`; `readFormat`, `writeFormat`: what has to be known to read and to write it; `maxEntries`, `maxBytes` where it has limits; `number`, `mark`, `time` of the last commit; `bytes` of all entries; `trimmed`, `trimmedMark`: the last commit that the log has no longer; `logBytes`; `replica:<name>`: counter, number, number before, time, and whether it changed something (`1`, `0`), of the last commit of a replica; counter -1 for none; and once a commit that was sent again was answered by a no, the number of that sending: what was sent before it is applied no more |
 * | `…:keys` | sorted set | the key of each entry, all with the score 0, so in the order of bytes |
 * | `…:values` | hash | key → encoded value: text for all encodings but bytes (`ts/store/values/encoding.ts`) |
 * | `…:cells` | hash | key → version, number of the value cell, time of creation, time of the last change, deadline (`-`: never), encoding, bytes of the value, bytes of the metadata: decimal, a space between |
 * | `…:metadata` | hash | key → JSON of entries that have or had metadata: `number`, `tags` (sorted), `properties` (`[name, encoding, value]`, or `[name, encoding, value, "hex"]` for bytes that are no UTF-8), `description` |
 * | `…:deadlines` | sorted set | key of each entry that expires, with its deadline |
 * | `…:log` | stream | the latest commits: id `<number>-0`; fields `replica` (empty where the backend made room by what had expired), `counter`, `time`, `mark`, `operations` (`ts/backends/operations.ts`), in this order |
 *
 * Times are milliseconds since 1970 by the server's clock, and never go back in a store. A **mark** is made of the mark before it and of what is told of its
 * commit, so two histories with the same mark at a number are the same up to it; the mark of number 0 is the store's id.
 *
 * On the sharded channel `…:news` each commit is told when it is applied, as `messages.ts` describes.
 *
 * @module
 */

import { HoldallTypeError } from "../../errors.js";

/** The parts of a store, in the order in which scripts are given their keys. */
export const parts = ["store", "keys", "values", "cells", "metadata", "deadlines", "log"] as const;

/** Where a store lies. */
export interface Place {
  /** The keys of its parts, in their order. */
  readonly keys: readonly string[];
  /** The channel that its commits are told on. */
  readonly channel: string;
}

/**
 * Says where the store of a name lies.
 *
 * @throws `INVALID_ARGUMENT` for a prefix with braces, which would end up as the hash tag.
 */
export function placeOf(prefix: string, name: string): Place {
  if (/[{}]/.test(prefix)) throw new HoldallTypeError("prefix must not contain braces: they tell a Cluster where a store belongs");
  const tag = name.replace(/[%}]/g, (character) => (character === "%" ? "%25" : "%7D")) || "%";
  const base = `${prefix}:{${tag}}:`;
  return { keys: parts.map((part) => base + part), channel: `${base}news` };
}

/** The slot of a Cluster that a key with a hash tag belongs to: CRC16 (XMODEM) of what is within the first braces, modulo 16,384. */
export function slotOf(key: string): number {
  const tag = key.slice(key.indexOf("{") + 1, key.indexOf("}"));
  let crc = 0;
  for (const byte of new TextEncoder().encode(tag)) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit++) crc = crc & 0x8000 ? ((crc << 1) ^ 0x1021) & 0xffff : (crc << 1) & 0xffff;
  }
  return crc % 16_384;
}
