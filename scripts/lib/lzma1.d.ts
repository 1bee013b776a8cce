/** Packs bytes as an LZMA file, at a level from 1 to 9. The package's own types are sources, which our stricter settings do not pass. */
export declare function compress(data: Uint8Array, level: number): Uint8Array;
