/**
 * Where the processes of a test keep their store, in words that can be handed to a process.
 *
 * @module
 */
import type { Backend } from "../../../ts/backends/backend.js";
import { file } from "../../../ts/backends/file/index.js";
import { redis } from "../../../ts/backends/redis/index.js";

/** A place: a folder, or the address of a Redis server. */
export type Place = { readonly folder: string } | { readonly url: string };

/** The backend at a place. */
export function backendAt(place: Place): Backend {
  return "folder" in place ? file({ path: place.folder }) : redis({ url: place.url, durability: "fsync", commandTimeout: 10_000 });
}
