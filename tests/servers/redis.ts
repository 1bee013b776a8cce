/**
 * Real Redis servers for tests: one (`startRedis`), or a cluster (`startRedisCluster`). Each has a port and a temporary folder of its own,
 * can be killed as by a crash and started again, and ends with `stop()`.
 *
 * @module
 */
import { RedisServer, redisCli } from "../../scripts/lib/redis-server.mjs";
import { freePorts, host } from "../../scripts/lib/server-process.mjs";

export { type RedisServer, redisCli, startRedis } from "../../scripts/lib/redis-server.mjs";

/** A Redis Cluster. */
export interface RedisCluster {
  /** Its servers, the masters first, as they were when it was made. */
  readonly nodes: readonly RedisServer[];
  /** Ends all of them and removes their folders. */
  stop(): Promise<void>;
}

/** How long a cluster may take to form, in milliseconds. */
const patience = 120_000;

/** Waits until every node knows of a whole cluster. */
async function formed(nodes: readonly RedisServer[]): Promise<void> {
  const states = () => Promise.all(nodes.map((node) => node.cli("CLUSTER", "INFO")));
  const whole = ["cluster_state:ok", `cluster_known_nodes:${nodes.length}`];
  for (const began = Date.now(); Date.now() - began < patience; await new Promise((resolve) => setTimeout(resolve, 20))) {
    if ((await states()).every((state) => whole.every((line) => state.includes(line)))) return;
  }
  throw new Error("the cluster does not form");
}

/** Starts a cluster, each master with so many replicas, by `redis-cli --cluster create`. */
export async function startRedisCluster({ masters = 3, replicas = 1 } = {}): Promise<RedisCluster> {
  const buses = await freePorts(masters * (1 + replicas));
  const nodes = buses.map((bus) => {
    const flags = ["--cluster-enabled", "yes", "--cluster-port", String(bus), "--cluster-node-timeout", "4000"];
    return new RedisServer({ flags });
  });
  const stop = async () => {
    await Promise.all(nodes.map((node) => node.stop()));
  };
  try {
    await Promise.all(nodes.map((node) => node.start()));
    const addresses = nodes.map(({ port }) => `${host}:${port}`);
    await redisCli(["--cluster", "create", ...addresses, "--cluster-replicas", String(replicas), "--cluster-yes"]);
    await formed(nodes);
  } catch (error) {
    await stop();
    throw error;
  }
  return { nodes, stop };
}
