/**
 * A process that works on runs is killed with `kill -9` at random moments, on files: every run completes, nothing that completed runs again, and
 * nothing is there by half.
 *
 * `HOLDALL_RUN_KILLS` sets how often (default 6); 100 run before a release. `HOLDALL_RUN_SEED` draws the moments of an earlier time again.
 */
import { join } from "node:path";
import { expect, it } from "vitest";
import { killAtRandom } from "./killing.js";
import { killsOf, workers } from "./processes.js";
import { template } from "./thirty.js";

const started = workers();
const kills = killsOf(6);

it("a graph of thirty nodes has thirty", () => expect(template.nodes).toHaveLength(30));

it(
  `${kills} kills at random moments leave each run whole, and all of them complete`,
  () => killAtRandom(started, { folder: join(started.folder(), "data") }, kills),
  240_000 + kills * 60_000,
);
