/**
 * From what a user gives (addresses, or a client) to where the servers are.
 *
 * @module
 */

import type { Milliseconds } from "../../store/types/index.js";
import { type ClientOptions, importClient, type RedisClient, type RedisClusterClient } from "./client.js";
import { Connections } from "./connections.js";
import { failureOf } from "./failures.js";
import { factsOf } from "./server.js";
import { clusterOf, clusterOptions, singleServer, type Topology } from "./topology.js";

/** Where to find Redis. */
export interface Source {
  /** Addresses, of a Cluster some of its servers'. */
  readonly urls: readonly string[];
  /** A client of the user's, whose options are taken instead. */
  readonly client: RedisClient | RedisClusterClient | undefined;
  /** How long a command may take. */
  readonly timeout: Milliseconds;
}

/** Finds the servers. One that says it belongs to a Cluster leads to the others. */
export async function topologyOf({ urls, client, timeout }: Source): Promise<Topology> {
  if (client !== undefined && isCluster(client)) return clusterOf(client.duplicate([], clusterOptions)).catch(rethrow);
  const { Redis, Cluster } = await importClient();
  const templates = client === undefined ? urls.map((url) => new Redis(url, { lazyConnect: true })) : [client];
  const template = await firstThatAnswers(templates, timeout);
  if (!template.isCluster) return singleServer(template.client);
  // What the one server was reached with holds for all of them.
  const { username, password, tls, family } = template.client.options as ClientOptions;
  const shared = Object.entries({ username, password, tls, family }).filter(([, value]) => value !== undefined && value !== null);
  const nodes = templates.map(({ options }) => {
    const { host, port } = options as ClientOptions;
    return { host, port };
  });
  return clusterOf(new Cluster(nodes, { ...clusterOptions, redisOptions: Object.fromEntries(shared) })).catch(rethrow);
}

function isCluster(client: RedisClient | RedisClusterClient): client is RedisClusterClient {
  return client.isCluster;
}

async function firstThatAnswers(
  templates: readonly RedisClient[],
  timeout: Milliseconds,
): Promise<{ readonly client: RedisClient; readonly isCluster: boolean }> {
  let failure: unknown;
  for (const client of templates) {
    const connections = new Connections(singleServer(client), timeout);
    try {
      return { client, isCluster: (await connections.run("", factsOf)).isCluster };
    } catch (error) {
      failure = error;
    } finally {
      connections.close();
    }
  }
  throw failureOf(failure);
}

function rethrow(error: unknown): never {
  throw failureOf(error);
}
