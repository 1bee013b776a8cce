/**
 * Promises about local writes: shown at once, acknowledged later, taken back where they are refused.
 *
 * @module
 */

import { arrives, holds, rejects, same } from "../asserting.js";
import { agree, contents, heardBy, type StorePromise } from "./trial.js";

/** Local writes. */
export const writePromises: readonly StorePromise[] = [
  {
    name: "a write is shown at once, pending until the backend has it, and then has the backend's number everywhere",
    async attempt(trial) {
      const [one, other] = [await trial.open(), await trial.open()];
      one.set("a", "1");
      same([one.get("a"), one.meta("a")?.pending, one.meta("a")?.version], ["1", true, 0], "what is shown at once");
      await arrives(one.flush(), "the write is acknowledged");
      same(one.meta("a")?.pending, false, "whether it is pending once it is acknowledged");
      await agree([one, other], { a: "1" }, "what both show");
      const [mine, theirs] = [one.meta("a"), other.meta("a")];
      holds((mine?.version ?? 0) > 0, "an acknowledged write has a number");
      same({ ...mine }, { ...theirs }, "what both know of the entry");
    },
  },
  {
    name: "setMany, deleteMany and clear are one atomic change each",
    async attempt(trial) {
      const [one, other] = [await trial.open(), await trial.open()];
      const commits: string[][] = [];
      other.subscribe(({ changes }) => commits.push(changes.map(({ type, key }) => `${type} ${key}`)));
      one.setMany([
        ["a", "1"],
        ["b", "2"],
        ["c", "3"],
      ]);
      await one.flush();
      same(one.deleteMany(["a", "x"]), 1, "how many were there");
      await one.flush();
      same(one.clear(), 2, "how many were left");
      await one.flush();
      await agree([one, other], {}, "what is left");
      same(commits, [["set a", "set b", "set c"], ["delete a"], ["delete b", "delete c"]], "the commits that another replica heard");
    },
  },
  {
    name: "writes of one turn arrive in their order, the last one wins",
    async attempt(trial) {
      const [one, other] = [await trial.open(), await trial.open()];
      for (const value of ["1", "2", "1"]) one.set("a", value);
      one.set("b", "1");
      one.delete("b");
      one.delete("c");
      one.set("c", "1");
      await one.flush();
      await agree([one, other], { a: "1", c: "1" }, "what both show");
    },
  },
  {
    name: "a delete reaches what this replica has not heard of, and deletes nothing twice",
    async attempt(trial) {
      const [one, other] = [await trial.open(), await trial.open()];
      await one.setAndWait("a", "1");
      other.delete("a");
      await other.flush();
      await agree([one, other], {}, "what both show");
      same(one.delete("a"), false, "whether it was there");
      await arrives(one.flush(), "a delete of nothing is acknowledged");
    },
  },
  {
    name: "a refused write is taken back beneath later ones, its caller hears why, and nobody else is harmed",
    isGiven: ({ limits }) => limits,
    async attempt(trial) {
      const one = await trial.open({ maxEntries: 2 });
      const other = await trial.open();
      one.set("a", "1");
      await one.flush();
      const heard = heardBy(one);
      const fits = one.setAndWait("b", "2");
      // Heard from the beginning: on a slow backend it comes before the others do.
      const refused = rejects(arrives(one.setAndWait("c", "3"), "what does not fit is answered"), "QUOTA_EXCEEDED", "what does not fit");
      const later = one.setAndWait("a", "4");
      same(contents(one), { a: "4", b: "2", c: "3" }, "what is shown at once");
      await arrives(Promise.all([fits, later]), "what fits is acknowledged");
      await refused;
      await agree([one, other], { a: "4", b: "2" }, "what is left");
      same(heard.at(-1), "rollback delete c 3→", "what a listener hears of the refusal");
    },
  },
  {
    name: "flush rejects with a refusal that nobody waited for, once",
    isGiven: ({ limits }) => limits,
    async attempt(trial) {
      const one = await trial.open({ maxEntries: 1 });
      one.set("a", "1");
      one.set("b", "2");
      await rejects(one.flush(), "QUOTA_EXCEEDED", "flush after a refusal");
      await arrives(one.flush(), "flush when the refusal is told");
      same(contents(one), { a: "1" }, "what is left");
    },
  },
  {
    name: "a backlog that is full refuses writes and loses none",
    async attempt(trial) {
      const [one, other] = [await trial.open({ maxBacklogBytes: 500 }), await trial.open()];
      const accepted: string[] = [];
      let code: unknown;
      for (let at = 0; code === undefined && at < 100; at++) {
        try {
          one.set(`k${at}`, "x".repeat(20));
          accepted.push(`k${at}`);
        } catch (error) {
          code = (error as { code?: unknown }).code;
        }
      }
      same(code, "BACKLOG_FULL", "why a write is refused");
      await arrives(one.writable(), "there is room again");
      await one.setAndWait("last", "1");
      await other.sync();
      same([...other.keys()], [...accepted, "last"].sort(), "what arrived");
    },
  },
  {
    name: "a commit that is larger than the backend takes is refused before anything changes",
    isGiven: ({ maxCommitBytes }) => maxCommitBytes <= 64 * 2 ** 20,
    async attempt(trial) {
      const one = await trial.open({ maxBacklogBytes: 2 ** 30 });
      const half = "x".repeat(trial.capabilities.maxCommitBytes / 2);
      let code: unknown;
      try {
        one.setMany([
          ["a", half],
          ["b", half],
        ]);
      } catch (error) {
        code = (error as { code?: unknown }).code;
      }
      same([code, one.size, one.status.backlog], ["COMMIT_TOO_LARGE", 0, 0], "what became of it");
    },
  },
];
