/**
 * Notices data that LMDB must not be let near: it ends the process where it should refuse what is not its own, or was cut short.
 *
 * @module
 */

import { HoldallError } from "../../errors.js";
import { type OpenFile, readFile, sizeOfFile } from "./disk.js";
import { damagedPage, latestMeta } from "./structure.js";

/** LMDB's own mark, in both of its first pages. */
const lmdbMagic = 0xbeefc0de;

/** Where the mark is in a page, by the versions of LMDB; the size of pages is 24 bytes behind it. */
const magicPlaces = [24, 16];

/** How many pages at the end of a file may never have been written: those that a commit has taken and given back. */
const unwrittenPages = 64;

const damaged = (what: string) => new HoldallError("CORRUPTED", `The file data.mdb ${what}`);

/** How often a file is looked at again that others write to meanwhile; LMDB itself has the last word then. */
const mostLooks = 5;

/** Refuses a file that is not LMDB's, or is damaged in what LMDB goes by. One that is missing or empty will be made. */
export async function requireLmdb(path: string): Promise<void> {
  if (sizeOfFile(path) === 0) return;
  await readFile(path, async (file) => {
    const first = file.piece(0, 64);
    const place = magicPlaces.find((at) => first.byteLength === 64 && first.getUint32(at, true) === lmdbMagic);
    if (place === undefined) throw damaged("is not LMDB's, and so not Holdall's");
    const second = file.piece(first.getUint32(place + 24, true), 64);
    if (second.byteLength < 64 || second.getUint32(place, true) !== lmdbMagic) throw damaged("is damaged in its second page");
    // The pages of an older LMDB are others, and LMDB refuses them itself.
    if (place === magicPlaces[0]) await requireStructure(file, place);
  });
}

async function requireStructure(file: OpenFile, place: number): Promise<void> {
  for (let look = 0; look < mostLooks; look++) {
    const meta = latestMeta(file, place);
    if (meta === undefined) throw damaged("is damaged in its first pages");
    const page = await damagedPage(file, meta);
    if (page === undefined) return;
    if (latestMeta(file, place)?.commit === meta.commit) throw damaged(`is damaged in page ${page}`);
  }
}

/** Refuses a file that ends before its last page. */
export function requireLength(
  file: string,
  { lastPageNumber, pageSize }: { readonly lastPageNumber: number; readonly pageSize: number },
): void {
  if (sizeOfFile(file) < (lastPageNumber + 1 - unwrittenPages) * pageSize) throw damaged("has been cut short");
}
