/**
 * The little that the file backend asks of Node beside LMDB: the size and the pieces of a file, the free room of its disk, and checksums.
 *
 * Built-ins are asked for by a call, since an import would make bundlers for browsers fail that never come here.
 *
 * @module
 */

interface FileSystem {
  statSync(path: string, options: { readonly throwIfNoEntry: false }): { readonly size: number } | undefined;
  statfsSync(path: string): { readonly bavail: number; readonly bsize: number };
  openSync(path: string, flags: "r"): number;
  readSync(file: number, into: Uint8Array, offset: number, length: number, position: number): number;
  closeSync(file: number): void;
}

interface Checksums {
  crc32(bytes: Uint8Array, before: number): number;
}

interface BuiltIns {
  "node:fs": FileSystem;
  "node:zlib": Checksums;
}

function builtIn<Name extends keyof BuiltIns>(name: Name): BuiltIns[Name] {
  const { process } = globalThis as unknown as { readonly process: { getBuiltinModule(name: Name): BuiltIns[Name] } };
  return process.getBuiltinModule(name);
}

let checksums: Checksums | undefined;

/** The CRC-32 of bytes, behind others whose CRC-32 is `before`. */
export function crc32(bytes: Uint8Array, before = 0): number {
  checksums ??= builtIn("node:zlib");
  return checksums.crc32(bytes, before);
}

/** The bytes of a file; 0 where there is none. */
export function sizeOfFile(path: string): number {
  return builtIn("node:fs").statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

/** A file that is open for reading. */
export interface OpenFile {
  /** Its bytes. */
  readonly size: number;
  /** A piece of it, shorter where the file ends. */
  piece(from: number, length: number): DataView<ArrayBuffer>;
}

/** Reads in a file. */
export async function readFile<Result>(path: string, read: (file: OpenFile) => Promise<Result>): Promise<Result> {
  const files = builtIn("node:fs");
  const file = files.openSync(path, "r");
  try {
    return await read({
      size: sizeOfFile(path),
      piece(from, length) {
        const bytes = new Uint8Array(length);
        return new DataView(bytes.buffer, 0, files.readSync(file, bytes, 0, length, from));
      },
    });
  } finally {
    files.closeSync(file);
  }
}

/** The bytes that are free on the disk of a folder. */
export function freeBytes(folder: string): number {
  const { bavail, bsize } = builtIn("node:fs").statfsSync(folder);
  return bavail * bsize;
}
