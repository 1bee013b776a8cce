/**
 * Processes share the nodes of runs on files, and are killed with `kill -9`: what the dead were at is taken over when their leases end, and each node's
 * effects are committed once.
 *
 * `HOLDALL_RUN_KILLS` sets how often (default 3), `HOLDALL_RUN_SEED` draws the moments of an earlier time again.
 */
import { join } from "node:path";
import { it } from "vitest";
import { killWorkersAtRandom } from "./killing-workers.js";
import { killsOf, workers } from "./processes.js";

const started = workers();
const kills = killsOf(3);

it(
  `${kills} kills of two workers leave each run whole, and all of them complete`,
  () => killWorkersAtRandom(started, { folder: join(started.folder(), "data") }, kills),
  240_000 + kills * 60_000,
);
