// @ts-check
/** Owns the source: a file of JSON lines that others may be adding to. A cursor is a place in it, in bytes. */
import { closeSync, openSync, readSync } from "node:fs";

/** @typedef {{ station: string, at: string, fahrenheit: number }} Reading */

/** A page ends with the last whole line within so many bytes. */
const mostBytes = 64 * 1024;

/**
 * Reads a page of lines behind a cursor. A last line that is still being written waits for the next page.
 *
 * @param {string} path
 * @param {number} cursor
 * @param {number} limit At most so many lines.
 * @returns {{ readings: Reading[], next: number }}
 */
export function readPage(path, cursor, limit) {
  const bytes = Buffer.alloc(mostBytes);
  const file = openSync(path, "r");
  const length = readSync(file, bytes, 0, mostBytes, cursor);
  closeSync(file);
  let end = 0;
  for (let lines = 0; lines < limit; lines += 1) {
    const line = bytes.subarray(0, length).indexOf("\n", end) + 1;
    if (line === 0) break;
    end = line;
  }
  const lines = bytes.toString("utf8", 0, end).split("\n").filter(Boolean);
  return { readings: lines.map((line) => JSON.parse(line)), next: cursor + end };
}
