/**
 * The little that the file backend asks of Node beside LMDB: the size of a file and the free room of its disk.
 *
 * Built-ins are asked for by a call, since an import would make bundlers for browsers fail that never come here.
 *
 * @module
 */

interface FileSystem {
  statSync(path: string): { readonly size: number };
  statfsSync(path: string): { readonly bavail: number; readonly bsize: number };
}

function fileSystem(): FileSystem {
  const { process } = globalThis as unknown as { readonly process: { getBuiltinModule(name: "node:fs"): FileSystem } };
  return process.getBuiltinModule("node:fs");
}

/** The bytes of a file. */
export function sizeOfFile(path: string): number {
  return fileSystem().statSync(path).size;
}

/** The bytes that are free on the disk of a folder. */
export function freeBytes(folder: string): number {
  const { bavail, bsize } = fileSystem().statfsSync(folder);
  return bavail * bsize;
}
