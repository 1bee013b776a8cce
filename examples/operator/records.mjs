// @ts-check
/**
 * What the operator keeps in its store, by scopes whose keys are the names of ConfigMaps; `audit` is one list for all. Every commit of the operator is made of
 * these, so `kubectl get holdallstore operator -o yaml` shows how far it is.
 *
 * A version is the ConfigMap's resource version, which Kubernetes lets one compare between the states of one kind of object.
 *
 * @module
 */

/**
 * `seen:<name>`: the last version that is settled. Older ones are never looked at again, by whichever replica; of a ConfigMap that was removed this stays for a
 * while, with a time to live, for replicas that have not heard of it yet.
 *
 * @typedef {object} Seen
 * @property {string} version
 * @property {"applied" | "given up" | "removed"} result
 * @property {number} tries How many it took.
 * @property {string} by The replica that did it.
 */

/**
 * `tries:<name>`: how often a version that is not settled was tried. Longer-lived than what follows, so that a crash does not begin to count anew.
 *
 * @typedef {object} Tries
 * @property {string} version
 * @property {number} count
 * @property {boolean} isOpen Whether nothing is known of what came of the last try: its replica is at it, or has died.
 */

/**
 * `held:<name>`, with a time to live: nobody takes the ConfigMap until this expires or is removed. While a replica works it is that replica's lease, which ends by
 * itself when the replica dies; after a failure it is the pause before the next try.
 *
 * @typedef {object} Held
 * @property {"work" | "retry"} for
 * @property {string} version
 * @property {string} by
 * @property {string} token Names this one holding: who still has an earlier one settles nothing.
 */

/**
 * A line of the list `audit`.
 *
 * @typedef {object} AuditLine
 * @property {string} at
 * @property {string} name
 * @property {string} version
 * @property {"applied" | "failed" | "given up" | "taken over" | "removed"} what
 * @property {string} by
 * @property {string} [why]
 */

/** How many lines the audit list keeps: the object that the store is kept in has a limited size. */
const auditLength = 100;

/**
 * Whether a version is later than another.
 *
 * @param {string} version
 * @param {string | undefined} other None: every version is later.
 */
export const isLater = (version, other) => other === undefined || BigInt(version) > BigInt(other);

/**
 * What is read and written within one transaction, by its scopes.
 *
 * @param {import("holdall").Transaction} transaction
 */
export function recordsIn(transaction) {
  const [seen, tries, held] = ["seen", "tries", "held"].map((name) => transaction.scope(name));
  return {
    seen: /** @type {Records<Seen>} */ (seen),
    tries: /** @type {Records<Tries>} */ (tries),
    held: /** @type {Records<Held>} */ (held),
    /** @param {Omit<AuditLine, "at">} line */
    audit(line) {
      const lines = /** @type {readonly AuditLine[]} */ (transaction.getOrDefault("audit", []));
      transaction.set("audit", [...lines, { at: new Date().toISOString(), ...line }].slice(-auditLength));
    },
  };
}

/**
 * The records of one scope.
 *
 * @template T
 * @typedef {object} Records
 * @property {(name: string) => T | undefined} get
 * @property {(name: string, record: T, options?: { ttl: number }) => void} set
 * @property {(name: string) => boolean} delete
 */

/** @typedef {ReturnType<typeof recordsIn>} AllRecords */
