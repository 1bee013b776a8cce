// @ts-check
/**
 * The heart of the operator: looks at ConfigMaps one after the other and sees to it that each version is applied once, whatever its other replicas do and
 * whichever of them dies.
 *
 * Always holds: what a replica does to a ConfigMap lies between two commits that depend on what others did. The first takes it, for a limited time; the second
 * settles it, and is refused when somebody else has taken it meanwhile. So a dead replica holds nothing up for long, and a slow one overwrites nothing.
 *
 * @module
 */
import { randomUUID } from "node:crypto";
import { isLater, recordsIn } from "./records.mjs";

/** @import { AllRecords, Seen } from "./records.mjs" */

/** Times in milliseconds, and how often a version is tried. A lease has to be longer than an attempt may take, a memory longer than a watch may lag. */
const lease = 15_000;
const attemptTimeout = 10_000;
const firstPause = 500;
const memory = 600_000;
const mostTries = 3;

/** How often a commit is decided again because another replica came first. */
const retries = 100;

/** Reconciles one replica's ConfigMaps. */
export class Reconciler {
  #store;
  #replica;
  #find;
  #apply;
  #say;
  /** The names to look at. @type {Set<string>} */
  #waiting = new Set();
  /** What is going on; `undefined` when nothing is. @type {Promise<void> | undefined} */
  #work;
  #isStopped = false;
  #stopWatching;

  /**
   * @param {object} parts
   * @param {import("holdall").BackedStore} parts.store
   * @param {string} parts.replica
   * @param {(name: string) => Configuration | undefined} parts.find The latest state of a ConfigMap that is known here.
   * @param {(configuration: Configuration, options: { signal: AbortSignal }) => Promise<void>} parts.apply Brings a version where it belongs. It may be called
   *   again for the same version, when the replica that called it before died without an answer.
   * @param {(line: string) => void} parts.say
   */
  constructor({ store, replica, find, apply, say }) {
    this.#store = store;
    this.#replica = replica;
    this.#find = find;
    this.#apply = apply;
    this.#say = say;
    // A pause that has passed, a lease of a replica that died, a version that came while another was in work: each ends as an entry that goes away.
    this.#stopWatching = store.scope("held").watch(({ key, value }) => {
      if (value === undefined) this.look(key);
    });
  }

  /** Looks at a ConfigMap soon. @param {string} name */
  look(name) {
    this.#waiting.add(name);
    if (!this.#isStopped) this.#work ??= this.#workThrough();
  }

  /** Takes note that a ConfigMap was removed. @param {Configuration} removed Its last version, or that of the removal. */
  async remove({ name, version }) {
    const by = this.#replica;
    await this.#commit((records) => {
      const seen = records.seen.get(name);
      const known = records.tries.get(name)?.version ?? seen?.version;
      // It may be there again, and its next version known to a replica that is ahead.
      if (known === undefined || seen?.result === "removed" || isLater(known, version)) return;
      records.seen.set(name, { version, result: "removed", tries: 0, by }, { ttl: memory });
      records.tries.delete(name);
      records.held.delete(name);
      records.audit({ name, version, what: "removed", by });
    });
  }

  /** Looks at nothing more; resolves when what is in work is settled. */
  async stop() {
    this.#isStopped = true;
    this.#stopWatching();
    await this.#work;
  }

  async #workThrough() {
    // Whoever asks for a look sees that one is going on.
    await undefined;
    // A set is walked through as it grows: what is added meanwhile has its turn.
    for (const name of this.#waiting) {
      this.#waiting.delete(name);
      try {
        if (!this.#isStopped) await this.#reconcile(name);
      } catch (error) {
        this.#say(`${name}: ${error}`);
        setTimeout(() => this.look(name), firstPause).unref();
      }
    }
    this.#work = undefined;
  }

  /** @param {string} name */
  async #reconcile(name) {
    const configuration = this.#find(name);
    if (configuration === undefined) return;
    const token = randomUUID();
    const attempt = await this.#take(configuration, token);
    if (attempt === undefined) return;
    const { version } = configuration;
    /** @type {string | undefined} */
    let why;
    try {
      await this.#apply(configuration, { signal: AbortSignal.timeout(attemptTimeout) });
    } catch (error) {
      why = error instanceof Error ? error.message : String(error);
    }
    const isSettled = await this.#settle(configuration, token, attempt, why);
    const outcome = why === undefined ? "applied" : `failed (${why})`;
    this.#say(`${name}@${version} ${outcome}${isSettled ? "" : ", and was taken over meanwhile"}`);
  }

  /**
   * Takes a version, unless it is settled or held; resolves to which attempt at it this is.
   *
   * @param {Configuration} configuration
   * @param {string} token
   * @returns {Promise<number | undefined>}
   */
  #take(configuration, token) {
    const { name, version } = configuration;
    const by = this.#replica;
    return this.#commit((records) => {
      if (!isLater(version, records.seen.get(name)?.version)) return undefined;
      const held = records.held.get(name);
      // A later version does not wait for the pause of an earlier one.
      if (held && (held.for === "work" || !isLater(version, held.version))) return undefined;
      const before = records.tries.get(name);
      const tried = before?.version === version ? before : undefined;
      const count = (tried?.count ?? 0) + 1;
      if (count > mostTries)
        return void end(records, configuration, { result: "given up", tries: mostTries, by, why: "no try came to an end" });
      if (tried?.isOpen) records.audit({ name, version, what: "taken over", by });
      records.tries.set(name, { version, count, isOpen: true });
      records.held.set(name, { for: "work", version, by, token }, { ttl: lease });
      return count;
    });
  }

  /**
   * Settles what came of an attempt; `false` when it is not ours to settle any more.
   *
   * @param {Configuration} configuration
   * @param {string} token
   * @param {number} tries
   * @param {string | undefined} why
   * @returns {Promise<boolean>}
   */
  #settle(configuration, token, tries, why) {
    const { name, version } = configuration;
    const by = this.#replica;
    return this.#commit((records) => {
      if (records.held.get(name)?.token !== token) return false;
      if (why !== undefined && tries < mostTries) {
        records.tries.set(name, { version, count: tries, isOpen: false });
        records.held.set(name, { for: "retry", version, by, token }, { ttl: firstPause * 2 ** (tries - 1) });
        records.audit({ name, version, what: "failed", by, why });
        return true;
      }
      end(records, configuration, { result: why === undefined ? "applied" : "given up", tries, by, why });
      return true;
    });
  }

  /**
   * One commit, decided by Kubernetes: it stands on what it has read, or is made again.
   *
   * @template T
   * @param {(records: AllRecords) => T} body
   * @returns {Promise<T>}
   */
  #commit(body) {
    return this.#store.transaction((transaction) => body(recordsIn(transaction)), { retries });
  }
}

/**
 * Settles a version for good.
 *
 * @param {AllRecords} records
 * @param {Configuration} configuration
 * @param {Omit<Seen, "version"> & { why: string | undefined }} how
 */
function end(records, { name, version }, { result, tries, by, why }) {
  records.seen.set(name, { version, result, tries, by });
  records.tries.delete(name);
  records.held.delete(name);
  records.audit({ name, version, what: result, by, ...(why !== undefined && { why }) });
}

/**
 * A version of a ConfigMap.
 *
 * @typedef {object} Configuration
 * @property {string} name
 * @property {string} version
 * @property {string} uid
 * @property {Record<string, string>} data
 */
