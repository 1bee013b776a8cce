/**
 * A real Redis Cluster of masters alone, of as many as one likes: `redis-cli --cluster create` makes none of fewer than three.
 *
 * @module
 */
import { RedisServer } from "./redis-server.mjs";
import { freePorts, host } from "./server-process.mjs";

/** How many slots a Cluster has. */
const slots = 16_384;

/** How long a cluster may take to form, in milliseconds. */
const patience = 30_000;

/** One that stands alone does not know its own address: it is told. @param {number} bus */
const flagsOf = (bus) => ["--cluster-enabled", "yes", "--cluster-port", String(bus), "--cluster-announce-ip", host];

/**
 * Starts masters that share the slots evenly. They forget what they hold when they end.
 *
 * @param {number} masters
 * @returns {Promise<{ readonly nodes: readonly RedisServer[], stop(): Promise<void> }>}
 */
export async function startMasters(masters) {
  const buses = await freePorts(masters);
  const nodes = buses.map((bus) => new RedisServer({ durable: false, flags: flagsOf(bus) }));
  const stop = async () => {
    await Promise.all(nodes.map((node) => node.stop()));
  };
  try {
    for (const [at, node] of nodes.entries()) {
      await node.start();
      const [first, end] = [at, at + 1].map((part) => Math.floor((part * slots) / masters));
      await node.cli("CLUSTER", "ADDSLOTSRANGE", String(first), String(Number(end) - 1));
      const [seed] = nodes;
      if (seed !== undefined && seed !== node) await node.cli("CLUSTER", "MEET", host, String(seed.port), String(buses[0]));
    }
    await formed(nodes);
  } catch (error) {
    await stop();
    throw error;
  }
  return { nodes, stop };
}

/** Waits until every node knows of the whole. @param {readonly RedisServer[]} nodes */
async function formed(nodes) {
  const whole = ["cluster_state:ok", `cluster_known_nodes:${nodes.length}`];
  for (const began = Date.now(); Date.now() - began < patience; await new Promise((resolve) => setTimeout(resolve, 20))) {
    const states = await Promise.all(nodes.map((node) => node.cli("CLUSTER", "INFO")));
    if (states.every((state) => whole.every((line) => state.includes(line)))) return;
  }
  throw new Error("the masters do not form a cluster");
}
