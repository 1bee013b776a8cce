/**
 * Memory and collection: what entries cost to keep, cold and with a memo that has been read into. Each figure comes from a process of its own,
 * so that nobody's garbage is on another's account.
 *
 * @module
 */
import { holdall } from "../lib/group.mjs";
import { inChildren } from "../lib/holding.mjs";

/** @typedef {import("../lib/group.mjs").Group} Group */

const warm = "holdall, memo warm";
const withTtl = "lru-cache with ttl";

/** @type {Group} */
const perEntry = {
  name: "memory per entry at 500,000 entries",
  does: "after a full collection: heap, buffers and the engine's whole memory, less those of the process before, for keys of 10 and strings of 16 bytes; warm: after every entry was read",
  unit: "bytes",
  comparisons: [{ against: withTtl, atMost: 1 }, { against: "Map" }, { ours: warm, against: withTtl }],
  measure: (scale) =>
    inChildren({
      measure: "memory",
      size: scale.size(500_000),
      rounds: scale.quick ? 1 : 3,
      subjects: { [holdall]: "holdall", [warm]: "holdall-warm", [withTtl]: "lru-cache", Map: "map" },
    }),
};

/** @type {Group} */
const collection = {
  name: "full GC with 500,000 entries",
  does: "a forced full collection, the median of nine, in a process that holds nothing else; an empty one shows what is due without any entry",
  unit: "ms",
  comparisons: [{ against: "Map", atMost: 0.25 }, { against: withTtl }, { ours: warm, against: "Map" }, { against: "an empty process" }],
  measure: (scale) =>
    inChildren({
      measure: "collection",
      size: scale.size(500_000),
      rounds: scale.quick ? 1 : 3,
      subjects: { [holdall]: "holdall", [warm]: "holdall-warm", [withTtl]: "lru-cache", Map: "map", "an empty process": "nothing" },
    }),
};

/** @type {readonly Group[]} */
export const memory = [perEntry, collection];
