/**
 * What errors of LMDB and of the disk mean to who uses a backend.
 *
 * @module
 */

import { HoldallError } from "../../errors.js";
import { freeBytes } from "./disk.js";

/** Data that is no LMDB data, is damaged, or was written by another version of LMDB. */
const damaged = new Set([-30796, -30797, -30793, -30794, -30782]);

/** The disk, or what the user may take of it, is full. */
const full = new Set([28, 122]);

/** Input or output failed; LMDB says no more when a write was cut short by a full disk. */
const inputOutput = 5;

/** Less than this is free on a disk that is as good as full: what a commit takes beside its own bytes. */
const leastFree = 8 * 2 ** 20;

/** An error of an operation in a folder as one of Holdall's. */
export function failureOf(error: unknown, folder: string): HoldallError {
  if (error instanceof HoldallError) return error;
  const { code, message } = error as { readonly code?: unknown; readonly message?: string };
  if (typeof code === "number" && damaged.has(code)) {
    return new HoldallError("CORRUPTED", `What is in the folder is damaged, or is no data of this LMDB: ${message}`, { cause: error });
  }
  if (typeof code === "number" && (full.has(code) || (code === inputOutput && isFull(folder)))) {
    return new HoldallError("QUOTA_EXCEEDED", "The disk is full", { cause: error });
  }
  // Codes of the file system are words, those of LMDB are numbers.
  const what = typeof code === "string" ? `The folder ${JSON.stringify(folder)} cannot be used` : "LMDB failed";
  return new HoldallError("UNAVAILABLE", `${what}: ${message}`, { cause: error });
}

/** What is behind the error of a commit that was not made: lmdb tells it apart, a moment later. */
export async function causeOf(error: unknown): Promise<unknown> {
  const cause = (error as { readonly commitError?: Promise<never> }).commitError;
  if (cause === undefined) return error;
  const never = new Promise((resolve) => setTimeout(resolve, 100, error));
  return Promise.race([cause.catch((reason: unknown) => reason), never]);
}

function isFull(folder: string): boolean {
  try {
    return freeBytes(folder) < leastFree;
  } catch {
    return false;
  }
}
