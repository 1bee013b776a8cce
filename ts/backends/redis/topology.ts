/**
 * Which server has a store: the one there is, or the master of its slot in a Cluster.
 *
 * Nothing is sent through the clients here. They say where servers are and how to reach them; `connections.ts` makes connections of its own to them.
 *
 * @module
 */

import { HoldallError } from "../../errors.js";
import type { ClientOptions, RedisClient, RedisClusterClient } from "./client.js";
import { slotOf } from "./layout.js";

/** A server. */
export interface Server {
  /** Tells it from others. */
  readonly address: string;
  /** A client whose options reach it. */
  readonly template: RedisClient;
}

/** Where servers are. */
export interface Topology {
  /** The server that has a key. */
  serverOf(key: string): Server;
  /** Asks anew which server has what, after one has failed. */
  refresh(): Promise<void>;
  /** Takes note that a server has told another's address for a key: others may not know of it yet. */
  moved(key: string, address: string): Promise<void>;
  /** Ends what it holds. */
  close(): void;
}

/** One server, whatever the key; with Sentinel, the master when a connection is made. */
export function singleServer(template: RedisClient): Topology {
  return { serverOf: () => ({ address: "", template }), refresh: async () => {}, moved: async () => {}, close() {} };
}

/** Connects to a Cluster. */
export async function clusterOf(cluster: RedisClusterClient): Promise<Topology> {
  // Failures show in what is asked of it; unheard, they would be printed.
  cluster.on("error", () => {});
  try {
    await cluster.connect();
  } catch (error) {
    cluster.disconnect();
    throw error;
  }
  const told = new Map<number, string>();
  const find = (address: string | undefined) => cluster.nodes("all").find((node) => addressOf(node) === address);
  const refresh = () => new Promise<void>((resolve) => cluster.refreshSlotsCache(() => resolve()));
  return {
    serverOf(key) {
      const slot = slotOf(key);
      const address = told.get(slot) ?? cluster.slots[slot]?.[0];
      const template = find(address);
      if (address === undefined || template === undefined)
        throw new HoldallError("UNAVAILABLE", `No server of the Cluster has slot ${slot} now`);
      return { address, template };
    },
    refresh() {
      told.clear();
      return refresh();
    },
    async moved(key, address) {
      if (find(address) === undefined) await refresh();
      if (find(address) !== undefined) told.set(slotOf(key), address);
    },
    close: () => cluster.disconnect(),
  };
}

/** What a Cluster's clients are made with, so that this one says where servers are, soon after that has changed, and does nothing else. */
export const clusterOptions: ClientOptions = {
  lazyConnect: true,
  scaleReads: "master",
  slotsRefreshInterval: 2_000,
  slotsRefreshTimeout: 1_000,
  shardedSubscribers: false,
};

function addressOf({ options }: RedisClient): string {
  const { host, port } = options as { readonly host?: string; readonly port?: number };
  return `${host}:${port}`;
}
