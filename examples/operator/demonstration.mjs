// @ts-check
/**
 * What happens in the example: two replicas of the operator see ConfigMaps come, change, fail and go, and where it is asked for, one of them is killed in the middle
 * of its work.
 *
 * @module
 */
import { openStore } from "holdall";
import { kubernetes } from "holdall/backends/kubernetes";
import { Cluster, namespace } from "./cluster.mjs";
import { Publisher } from "./publisher.mjs";
import { Replica } from "./replicas.mjs";

/**
 * A version of a ConfigMap, and how often the publisher refuses it.
 *
 * @typedef {{ name: string, version: string, refusals: number }} Written
 */

/** @import { Seen } from "./records.mjs" */

/**
 * What came of it, from both sides: what was written to the cluster, what was published, and what the operator's store says.
 *
 * @typedef {object} Facts
 * @property {readonly Written[]} written Every version of every ConfigMap.
 * @property {readonly string[]} removed The ConfigMaps that are gone.
 * @property {readonly import("./publisher.mjs").Booking[]} books
 * @property {Readonly<Record<string, Seen>>} seen
 * @property {readonly import("./records.mjs").AuditLine[]} audit
 * @property {number} left How many tries and holdings the store still has.
 * @property {string | undefined} killed The replica that was.
 * @property {string} yaml The object.
 */

/** How long the operator may take for a round of ConfigMaps. */
const patience = "4m";

/** The first round: what the publisher refuses how often. One is refused more often than it is tried. */
const configurations = { catalogue: 0, checkout: 0, delivery: 0, mail: 1, payment: 0, search: 2, tax: 99, voucher: 0 };

/**
 * @param {object} options
 * @param {boolean} options.kill Whether to kill the replica that publishes `payment`, before it is answered.
 * @param {(who: string, line: string) => void} options.say
 * @returns {Promise<Facts>}
 */
export async function demonstrate({ kill, say }) {
  const ends = /** @type {(() => Promise<void>)[]} */ ([]);
  try {
    const cluster = await Cluster.start();
    ends.push(() => cluster.stop());
    say("cluster", `an API server at ${cluster.url}, and in it the namespace ${namespace}`);
    const publisher = new Publisher();
    const address = await publisher.start();
    ends.push(() => publisher.stop());
    const { kubeConfig } = cluster;
    const replicas = ["one", "two"].map((name) => new Replica(name, { kubeConfig, namespace, publisher: address, say }));
    ends.push(async () => void (await Promise.all(replicas.map((replica) => replica.stop()))));
    await Promise.all(replicas.map((replica) => replica.ready()));
    // The state of an operator is a store like any other: here somebody else watches it.
    const store = await openStore({ backend: kubernetes({ kubeConfig, namespace }), name: "operator" });
    ends.push(() => store.close());

    /** @param {string} name @param {(seen: Seen) => boolean} condition */
    const settled = (name, condition) =>
      store.waitFor(`seen:${name}`, (seen) => seen !== undefined && condition(/** @type {any} */ (seen)), { timeout: patience });

    const written = /** @type {Written[]} */ ([]);
    /** @param {Readonly<Record<string, number>>} round */
    const write = async (round) => {
      const versions = /** @type {Written[]} */ ([]);
      for (const [name, refusals] of Object.entries(round)) {
        const data = { text: `edition ${written.length + versions.length} of ${name}`, refusals: String(refusals) };
        versions.push({ name, version: await cluster.write(name, data), refusals });
      }
      written.push(...versions);
      await Promise.all(versions.map(({ name, version }) => settled(name, (seen) => seen.version === version)));
    };

    const held = kill ? publisher.hold("payment") : undefined;
    const first = write(configurations);
    /** @type {string | undefined} */
    let killed;
    if (held) {
      killed = await Promise.race([held.reached, first.then(() => undefined)]);
      await replicas.find(({ name }) => name === killed)?.kill();
      say("cluster", `replica ${killed} was killed while it published payment`);
      held.release();
    }
    await first;
    say("cluster", "some ConfigMaps change, tax is mended, and delivery goes");
    await write({ catalogue: 0, mail: 0, tax: 0 });
    await cluster.remove("delivery");
    await settled("delivery", ({ result }) => result === "removed");
    await Promise.all(replicas.map((replica) => replica.stop()));
    await store.sync();
    return {
      written,
      removed: ["delivery"],
      books: [...publisher.books.values()],
      seen: /** @type {any} */ (Object.fromEntries(store.scope("seen").entries())),
      audit: /** @type {any} */ (store.getOrDefault("audit", [])),
      left: store.scope("tries").size + store.scope("held").size,
      killed,
      yaml: await cluster.yaml(),
    };
  } finally {
    for (const end of ends.reverse()) await end();
  }
}
