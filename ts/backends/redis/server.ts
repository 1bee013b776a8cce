/**
 * What a server says of itself that matters here: whether it evicts, and how safely it keeps what it is given.
 *
 * @module
 */

import { HoldallError } from "../../errors.js";
import { textOf } from "./bytes.js";
import type { RedisClient } from "./client.js";

/** What a server says of itself. */
export interface ServerFacts {
  /** What it does when it is out of memory. */
  readonly policy: string;
  /** Whether it belongs to a Cluster. */
  readonly isCluster: boolean;
  /** Whether it answers only when a write has reached the disk; nothing where it does not tell. */
  readonly isSynced: boolean | undefined;
}

/** Asks a server. */
export async function factsOf(client: RedisClient): Promise<ServerFacts> {
  const info = textOf((await client.callBuffer("info")) as Uint8Array);
  const field = (name: string) => new RegExp(`^${name}:(\\S+)`, "m").exec(info)?.[1] ?? "";
  return { policy: field("maxmemory_policy"), isCluster: field("cluster_enabled") === "1", isSynced: await isSynced(client) };
}

/** Those who offer Redis as a service often forbid the command. */
async function isSynced(client: RedisClient): Promise<boolean | undefined> {
  const setting = async (name: string) => {
    const pair = (await client.callBuffer("config", "GET", name)) as readonly Uint8Array[];
    return textOf(pair[1]);
  };
  try {
    return (await setting("appendonly")) === "yes" && (await setting("appendfsync")) === "always";
  } catch {
    return undefined;
  }
}

/**
 * Refuses a server that evicts: it would delete entries behind the backs of all replicas, and parts of stores with them.
 *
 * @throws `NOT_SUPPORTED` for any `maxmemory-policy` but `noeviction`.
 */
export function requireNoEviction({ policy }: ServerFacts): void {
  if (policy === "noeviction" || policy === "") return;
  throw new HoldallError(
    "NOT_SUPPORTED",
    `The Redis server evicts (maxmemory-policy ${policy}), so it would lose parts of stores: set noeviction`,
  );
}
