/**
 * Notices data that LMDB must not be let near: it ends the process where it should refuse what is not its own, or was cut short.
 *
 * @module
 */

import { HoldallError } from "../../errors.js";
import { pieceOfFile, sizeOfFile } from "./disk.js";

/** LMDB's own mark, in both of its first pages. */
const lmdbMagic = 0xbeefc0de;

/** Where the mark is in a page, by the versions of LMDB; the size of pages is 24 bytes behind it. */
const magicPlaces = [24, 16];

/** How many pages at the end of a file may never have been written: those that a commit has taken and given back. */
const unwrittenPages = 64;

const damaged = (what: string) => new HoldallError("CORRUPTED", `The file data.mdb ${what}`);

/** Refuses a file that is not LMDB's. One that is missing or empty will be made. */
export function requireLmdb(file: string): void {
  if (sizeOfFile(file) === 0) return;
  const first = pieceOfFile(file, 0, 64);
  const place = magicPlaces.find((at) => first.byteLength === 64 && first.getUint32(at, true) === lmdbMagic);
  if (place === undefined) throw damaged("is not LMDB's, and so not Holdall's");
  const second = pieceOfFile(file, first.getUint32(place + 24, true), 64);
  if (second.byteLength < 64 || second.getUint32(place, true) !== lmdbMagic) throw damaged("is damaged in its second page");
}

/** Refuses a file that ends before its last page. */
export function requireLength(
  file: string,
  { lastPageNumber, pageSize }: { readonly lastPageNumber: number; readonly pageSize: number },
): void {
  if (sizeOfFile(file) < (lastPageNumber + 1 - unwrittenPages) * pageSize) throw damaged("has been cut short");
}
